"""The caller's account."""

from typing import Any

from django.conf import settings
from django.db import transaction
from rest_framework import serializers

from hubs.accounts.services import accounts, own_keys
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.errors import NotAllowed
from hubs.language import _
from hubs.models import Scope, User

from .shapes import TokenShape


class MeShape(shapes.Shape):
    username = serializers.CharField()
    name = serializers.CharField(source="display_name")
    email = serializers.CharField(source="verified_email")
    language = serializers.CharField(help_text="Of pages and emails, such as `de`; empty: as in the browser")
    staff = serializers.BooleanField(source="is_staff")
    organizations = serializers.SerializerMethodField()
    token = serializers.SerializerMethodField()

    def get_organizations(self, user: User) -> dict[str, str]:
        rows = user.memberships.filter(user.token.among("organization")) if user.token else user.memberships.all()
        return dict(rows.values_list("organization__slug", "role"))

    def get_token(self, user: User) -> dict[str, Any] | None:
        return dict(TokenShape(user.token).data) if user.token else None


class NewProfile(serializers.Serializer):
    name = serializers.CharField(max_length=150, required=False)
    language = serializers.CharField(
        max_length=10,
        required=False,
        allow_blank=True,
        help_text=f"{', '.join(f'`{code}`' for code, _label in settings.LANGUAGES)}, or empty: as in the browser",
    )

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        if not attrs:
            raise serializers.ValidationError(_("Enter a name or a language."))
        return attrs


class Also(serializers.Serializer):
    also = serializers.ListField(
        child=serializers.ChoiceField(list(own_keys.OWN.items())),
        default=list,
        help_text="What to end in addition to sessions",
    )


class SignOut(Endpoint):
    @does(Scope.ADMINISTER, reads=Also)
    def post(self, request: SignedIn) -> None:
        """End all sessions of the caller, in the portal and in hubs, and what `also` names. `tokens` or `devices` may
        include this token. Not allowed with a token for one organisation or hub only."""
        if request.user.token and request.user.token.bound:
            raise NotAllowed(_("A token for one organisation or hub can’t change its owner’s account."))
        accounts.sign_out_everywhere(user=request.user, by=request.user, **self.read(Also))


class Me(Endpoint):
    @does(Scope.READ, gives=MeShape)
    def get(self, request: SignedIn) -> Any:
        """The caller, and the scopes of the token."""
        return request.user

    @does(Scope.ADMINISTER, reads=NewProfile, gives=MeShape)
    def patch(self, request: SignedIn) -> Any:
        """Change the caller's name or language. Not allowed with a token for one organisation or hub only."""
        if request.user.token and request.user.token.bound:
            raise NotAllowed(_("A token for one organisation or hub can’t change its owner’s account."))
        user, said = request.user, self.read(NewProfile)
        with transaction.atomic():
            if "name" in said:
                accounts.rename(user=user, by=user, name=said["name"])
            if "language" in said:
                accounts.choose_language(user=user, by=user, language=said["language"])
        return user
