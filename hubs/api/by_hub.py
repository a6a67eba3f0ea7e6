"""Endpoints for hubs only: a hub authenticates with its OAuth client secret for signing in through the portal. Sessions
are not accepted."""

import base64
import hmac
from collections.abc import Callable
from functools import wraps
from urllib.parse import unquote

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from hubs.accounts.services import sign_ins
from hubs.errors import TooMany
from hubs.models import HubSecret, SignIn
from hubs.spec import hub_secrets

LONGEST = 255  # characters of a user name in JupyterHub's database
NOBODY = "-" * 64  # as long as a secret, but never one
View = Callable[[HttpRequest, str], JsonResponse]


def _credentials(request: HttpRequest) -> tuple[str, str]:
    """Return (user name, password) from HTTP Basic authentication, or empty strings."""
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(told, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote(name), password


def _asks_about_itself(request: HttpRequest, uid: str) -> bool:
    """Return whether the caller is this hub. Takes as long for an unknown hub as for a wrong secret."""
    name, password = _credentials(request)
    known = HubSecret.objects.accepted(uid, hub_secrets.OAUTH, timezone.now())
    same = [hmac.compare_digest(password.encode(), each.encode()) for each in known or [NOBODY]]
    return any(same) and bool(known) and hmac.compare_digest(name.encode(), uid.encode())


def problem(status: int, title: str, **headers: str) -> JsonResponse:
    body = {"type": "about:blank", "title": title, "status": status}
    return JsonResponse(body, status=status, content_type="application/problem+json", headers=headers)


def is_name(name: object) -> bool:
    """Return whether this is a valid user name on a hub."""
    return isinstance(name, str) and 0 < len(name) <= LONGEST and "\0" not in name


def by_the_hub(view: View) -> View:
    """Restrict a view to the hub with this uid."""

    @never_cache
    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest, uid: str) -> JsonResponse:
        if _asks_about_itself(request, uid):
            return view(request, uid)
        # A 256-bit secret can't be guessed; the rate limit keeps a hub with an old secret from filling the log.
        try:
            sign_ins.wrong(how=SignIn.How.HUB, name=uid)
        except TooMany as error:
            return problem(429, "Too many attempts", **{"Retry-After": str(error.seconds)})
        return problem(401, "Only the hub itself has access", **{"WWW-Authenticate": 'Basic realm="hub"'})

    return guarded
