"""Tokens of the caller, and service accounts of an organisation with theirs."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.accounts.services import service_accounts
from hubs.accounts.services import tokens as services
from hubs.api import problems, shapes
from hubs.api.base import Endpoint, SignedIn, once
from hubs.models import ApiToken, Role, Scope, User

from .shapes import NewTokenShape, TokenShape


class NewToken(serializers.Serializer):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices), min_length=1)
    days = serializers.IntegerField(default=90, min_value=1, help_text="Until it ends")
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
    """One that may be ended or replaced. Reading is enough for the caller's own, not for a service account's."""
    row, by = access.token(request.user, pk), request.user.token
    if row.person_id != request.user.pk and by and Scope.ADMINISTER not in by.scopes:
        raise problems.ScopeMissing(Scope.ADMINISTER)
    return row


def _shown(view: Endpoint, made: tuple[ApiToken, str]) -> Response:
    row, text = made
    row.token = text  # type: ignore[attr-defined]  # for this answer
    return view.one(row, NewTokenShape, status=201)


class Tokens(Endpoint):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMINISTER}

    @extend_schema(responses=TokenShape(many=True))
    def get(self, request: SignedIn) -> Response:
        """The caller's tokens, also those that are over; by a token for one place those for the same place."""
        rows = request.user.tokens.select_related("organization", "hub")
        if request.user.token and request.user.token.bound:  # as access.token finds them
            rows = rows.filter(organization=request.user.token.organization_id, hub=request.user.token.hub_id)
        return self.paginated(rows, TokenShape, "-created_at", "-pk")

    @extend_schema(request=NewToken, responses={201: NewTokenShape})
    @once
    def post(self, request: SignedIn) -> Response:
        """Make one. Made by a token it may no more, lasts no longer, and ends with that one. The text is shown this
        once."""
        said = self.read(NewToken)
        place = _place(request, said)
        return _shown(self, services.create(person=request.user, by=request.user, **said, **place))


class OneToken(Endpoint):
    scopes = {"DELETE": Scope.READ}  # a token may always end itself and its siblings

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, token: int) -> Response:
        """Revoke it: it opens nothing any more, from now on."""
        services.revoke(token=_found(request, token), by=request.user)
        return Response(status=204)


class Rotate(Endpoint):
    scopes = {"POST": Scope.READ}

    @extend_schema(request=Rotation, responses={201: NewTokenShape})
    @once
    def post(self, request: SignedIn, token: int) -> Response:
        """A second one like it; the first goes on until it is revoked or ends. Made by a token, it ends with that one:
        a token that rotates itself makes one that ends with it."""
        row = _found(request, token)
        return _shown(self, services.rotate(token=row, by=request.user, **self.read(Rotation)))


class TakeOver(Endpoint):
    scopes = {"POST": Scope.ADMINISTER}

    @extend_schema(request=None, responses=TokenShape)
    def post(self, request: SignedIn, token: int) -> Response:
        """A service account's token ends with the caller from now on, and no longer with whoever made it. Its text
        stays, and they may know it: rotate it soon. Taken over by a token it ends with that one."""
        row = services.take_over(token=_found(request, token), by=request.user)
        return self.one(row, TokenShape)


# --- service accounts -------------------------------------------------------------------------------------------------
class NewAccount(serializers.Serializer):
    name = serializers.CharField(max_length=30)
    role = serializers.ChoiceField(Role.choices, default=Role.INSTRUCTOR)


class AccountShape(shapes.Shape):
    username = serializers.CharField()
    name = serializers.CharField()
    role = serializers.SerializerMethodField()
    tokens = serializers.SerializerMethodField(help_text="Live ones")

    def get_role(self, user: User) -> str:
        return next((row.role for row in user.memberships.all()), "")

    def get_tokens(self, user: User) -> list[dict[str, Any]]:
        return [dict(TokenShape(row).data) for row in user.tokens.all() if row.revoked_at is None]


class Accounts(Endpoint):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMINISTER}

    @extend_schema(responses=AccountShape(many=True))
    def get(self, request: SignedIn, slug: str) -> Response:
        """Service accounts of the organisation."""
        place = access.organization(request.user, slug, Permission.PEOPLE)
        rows = place.service_accounts.filter(is_active=True)
        rows = rows.prefetch_related("memberships", "tokens__organization", "tokens__hub")
        return self.paginated(rows, AccountShape, "username")

    @extend_schema(request=NewAccount, responses={201: AccountShape})
    @once
    def post(self, request: SignedIn, slug: str) -> Response:
        """An account for a program: no password, only tokens."""
        place = access.organization(request.user, slug, Permission.PEOPLE)
        row = service_accounts.create(organization=place, by=request.user, **self.read(NewAccount))
        return self.one(row, AccountShape, status=201)


class OneAccount(Endpoint):
    scopes = {"DELETE": Scope.ADMINISTER}

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, slug: str, username: str) -> Response:
        """Remove it, and with it all of its tokens."""
        account = access.service_account(request.user, slug, username)
        service_accounts.remove(account=account, by=request.user)
        return Response(status=204)


class AccountTokens(Endpoint):
    scopes = {"POST": Scope.ADMINISTER}

    @extend_schema(request=NewToken, responses={201: NewTokenShape})
    @once
    def post(self, request: SignedIn, slug: str, username: str) -> Response:
        """A token of the service account. It ends when the caller could no longer make it, or with the token that made
        it. The text is shown this once."""
        account = access.service_account(request.user, slug, username)
        said = self.read(NewToken)
        place = _place(request, said)
        return _shown(self, services.create(person=account, by=request.user, **said, **place))
