"""Who asks: a token in the Authorization header, or the browser's session (whose writes need the CSRF token)."""

from django.http import HttpRequest
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication

from hubs.models import ApiToken, User
from hubs.services import tokens

WHO = 'Bearer realm="Hub Portal"'


def _bearer(header: str) -> str:
    scheme, _, text = header.partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def by_token(request: HttpRequest) -> User | None:
    """The token's person, with the token on it; None when the header names none. Raises AuthenticationFailed for one
    that opens nothing: such a caller is not taken for the session's person instead."""
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    token = tokens.find(_bearer(header), request.META.get("REMOTE_ADDR", ""), timezone.now())
    if token is None:
        raise exceptions.AuthenticationFailed
    person: User = token.person
    person.token = token
    return person


class ByToken(BaseAuthentication):
    """`Authorization: Bearer hubp_…`."""

    def authenticate(self, request) -> tuple[User, ApiToken] | None:
        person = by_token(request)
        return (person, person.token) if person and person.token else None

    def authenticate_header(self, request) -> str:
        return WHO
