"""Tokens of the caller, and an organisation's service accounts with their tokens."""

from typing import Any

from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.accounts.services import service_accounts
from hubs.accounts.services import tokens as services
from hubs.api import problems, shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.models import ApiToken, Role, Scope, User

from .shapes import NewTokenShape, TokenShape


class NewToken(serializers.Serializer):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices), min_length=1)
    days = serializers.IntegerField(default=90, min_value=1, help_text="Days until it expires")
    organization = serializers.SlugField(required=False, help_text="For this organisation only")
    hub = serializers.CharField(required=False, max_length=20, help_text="For this hub only")


class Rotation(serializers.Serializer):
    days = serializers.IntegerField(default=90, min_value=1)


def _place(request: SignedIn, said: dict[str, Any]) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if slug := said.pop("organization", ""):
        place["organization"] = access.organization(request.user, slug)
    if uid := said.pop("hub", ""):
        place["hub"] = access.hub(request.user, uid, Permission.SEE)
    return place


def _found(request: SignedIn, pk: int) -> ApiToken:
    """Return a token to revoke or rotate. The scope `read` is enough only for the caller's own."""
    row, by = access.token(request.user, pk), request.user.token
    if row.person_id != request.user.pk and by and Scope.ADMINISTER not in by.scopes:
        raise problems.ScopeMissing(Scope.ADMINISTER)
    return row


def _shown(made: tuple[ApiToken, str]) -> ApiToken:
    row, text = made
    row.token = text  # type: ignore[attr-defined]  # for this response
    return row


class Tokens(Endpoint):
    @does(Scope.READ, pages=TokenShape, order=("-created_at", "-pk"))
    def get(self, request: SignedIn) -> Any:
        """The caller's tokens, including ended ones. A token for one organisation or hub sees those for the same."""
        rows = request.user.tokens.select_related("organization", "hub")
        if request.user.token and request.user.token.bound:  # as access.token finds them
            rows = rows.filter(organization=request.user.token.organization_id, hub=request.user.token.hub_id)
        return rows

    @does(Scope.ADMINISTER, reads=NewToken, makes=NewTokenShape)
    def post(self, request: SignedIn) -> ApiToken:
        """Create a token. If a token creates it, it has no more scopes, lasts no longer, and ends with that one. Its
        text is shown once."""
        said = self.read(NewToken)
        place = _place(request, said)
        return _shown(services.create(person=request.user, by=request.user, **said, **place))


class OneToken(Endpoint):
    @does(Scope.READ)  # a token may always end itself and its siblings
    def delete(self, request: SignedIn, token: int) -> None:
        """Revoke a token. It stops working immediately."""
        services.revoke(token=_found(request, token), by=request.user)


class Rotate(Endpoint):
    @does(Scope.READ, reads=Rotation, makes=NewTokenShape)
    def post(self, request: SignedIn, token: int) -> ApiToken:
        """Create a second token like it; the first works until it is revoked or expires. A token created with another
        token ends with that one, also if a token rotates itself."""
        row = _found(request, token)
        return _shown(services.rotate(token=row, by=request.user, **self.read(Rotation)))


class TakeOver(Endpoint):
    @does(Scope.ADMINISTER, gives=TokenShape)
    def post(self, request: SignedIn, token: int) -> Any:
        """Take over a service account's token: it then ends with the caller's role, not with that of its creator. Its
        text stays the same and its creator may know it, so rotate it soon. Taken over with a token, it ends with that
        one."""
        return services.take_over(token=_found(request, token), by=request.user)


# --- service accounts -------------------------------------------------------------------------------------------------
class NewAccount(serializers.Serializer):
    name = serializers.CharField(max_length=30)
    role = serializers.ChoiceField(Role.choices, default=Role.INSTRUCTOR)


class AccountShape(shapes.Shape):
    username = serializers.CharField()
    name = serializers.CharField()
    role = serializers.SerializerMethodField()
    tokens = serializers.SerializerMethodField(help_text="Active tokens")

    def get_role(self, user: User) -> str:
        return next((row.role for row in user.memberships.all()), "")

    def get_tokens(self, user: User) -> list[dict[str, Any]]:
        return [dict(TokenShape(row).data) for row in user.tokens.all() if row.revoked_at is None]


class Accounts(Endpoint):
    @does(Scope.READ, pages=AccountShape, order=("username",))
    def get(self, request: SignedIn, slug: str) -> Any:
        """Service accounts of the organisation."""
        place = access.organization(request.user, slug, Permission.PEOPLE)
        rows = place.service_accounts.filter(is_active=True)
        return rows.prefetch_related("memberships", "tokens__organization", "tokens__hub")

    @does(Scope.ADMINISTER, reads=NewAccount, makes=AccountShape)
    def post(self, request: SignedIn, slug: str) -> Any:
        """Create a service account: it has no password, only tokens."""
        place = access.organization(request.user, slug, Permission.PEOPLE)
        return service_accounts.create(organization=place, by=request.user, **self.read(NewAccount))


class OneAccount(Endpoint):
    @does(Scope.ADMINISTER)
    def delete(self, request: SignedIn, slug: str, username: str) -> None:
        """Remove it and revoke all its tokens."""
        account = access.service_account(request.user, slug, username)
        service_accounts.remove(account=account, by=request.user)


class AccountTokens(Endpoint):
    @does(Scope.ADMINISTER, reads=NewToken, makes=NewTokenShape)
    def post(self, request: SignedIn, slug: str, username: str) -> ApiToken:
        """Create a token of the service account. It ends when the caller could no longer create it, or with the token
        that created it. Its text is shown once."""
        account = access.service_account(request.user, slug, username)
        said = self.read(NewToken)
        place = _place(request, said)
        return _shown(services.create(person=account, by=request.user, **said, **place))
