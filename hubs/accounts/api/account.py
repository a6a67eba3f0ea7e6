"""Who asks."""

from typing import Any

from rest_framework import serializers

from hubs.accounts.services import accounts, own_keys
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.errors import NotAllowed
from hubs.models import Scope, User

from .shapes import TokenShape


class MeShape(shapes.Shape):
    username = serializers.CharField()
    name = serializers.CharField(source="display_name")
    email = serializers.CharField(source="verified_email")
    staff = serializers.BooleanField(source="is_staff")
    organizations = serializers.SerializerMethodField()
    token = serializers.SerializerMethodField()

    def get_organizations(self, user: User) -> dict[str, str]:
        rows = user.memberships.filter(user.token.among("organization")) if user.token else user.memberships.all()
        return dict(rows.values_list("organization__slug", "role"))

    def get_token(self, user: User) -> dict[str, Any] | None:
        return dict(TokenShape(user.token).data) if user.token else None


class NewName(serializers.Serializer):
    name = serializers.CharField(max_length=150)


class Also(serializers.Serializer):
    also = serializers.ListField(
        child=serializers.ChoiceField(list(own_keys.OWN.items())), default=list, help_text="What else ends"
    )


class SignOut(Endpoint):
    @does(Scope.ADMINISTER, reads=Also)
    def post(self, request: SignedIn) -> None:
        """End all sessions of the caller, here and in hubs, and what `also` names: also this token, with `tokens` or
        `devices`. Not by a token that is for one place."""
        if request.user.token and request.user.token.bound:
            raise NotAllowed("A token for one place does not change its person.")
        accounts.sign_out_everywhere(user=request.user, by=request.user, **self.read(Also))


class Me(Endpoint):
    @does(Scope.READ, gives=MeShape)
    def get(self, request: SignedIn) -> Any:
        """Who the caller is, and what the token may."""
        return request.user

    @does(Scope.ADMINISTER, reads=NewName, gives=MeShape)
    def patch(self, request: SignedIn) -> Any:
        """Another name beside what one does. Not by a token that is for one place."""
        if request.user.token and request.user.token.bound:
            raise NotAllowed("A token for one place does not change its person.")
        accounts.rename(user=request.user, by=request.user, **self.read(NewName))
        return request.user
