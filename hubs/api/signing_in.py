"""Authentication by a token in the Authorization header, or by the browser's session (writes need a CSRF token)."""

from django.http import HttpRequest
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication

from hubs import request_context
from hubs.accounts.services import sign_ins, tokens
from hubs.errors import TooMany
from hubs.live.places import network
from hubs.models import ApiToken, SignIn, User

WHO = 'Bearer realm="Hub Portal"'


def _bearer(header: str) -> str:
    scheme, _, text = header.partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def by_token(request: HttpRequest) -> User | None:
    """Return the token's person, with the token set, or None without an Authorization header. Raise
    AuthenticationFailed for an invalid token: the session is not used instead."""
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    text, address = _bearer(header), request_context.origin.get().address
    token = tokens.find(text, address, timezone.now())
    if token is None:
        _refuse(text)
        raise exceptions.AuthenticationFailed
    person: User = token.person
    person.token = token
    request_context.came_with(str(token), "" if token.created_by_id == person.pk else token.created_by.username)
    if token.used_at is None or network(token.used_from or "") != network(address):
        sign_ins.worked(person=person, how=SignIn.How.TOKEN, subject=str(token))
    return person


def _refuse(text: str) -> None:
    """Record a failed attempt, with the token's person if its prefix is known. Raise Throttled."""
    known: ApiToken | None = None
    if tokens.well_formed(text):
        known = ApiToken.objects.filter(prefix=tokens.prefix_of(text)).select_related("person").first()
    try:
        sign_ins.wrong(how=SignIn.How.TOKEN, person=known.person if known else None, subject=str(known or ""))
    except TooMany as error:
        raise exceptions.Throttled(wait=error.seconds) from None


class ByToken(BaseAuthentication):
    """`Authorization: Bearer hubp_…`."""

    def authenticate(self, request) -> tuple[User, ApiToken] | None:
        person = by_token(request)
        return (person, person.token) if person and person.token else None

    def authenticate_header(self, request) -> str:
        return WHO
