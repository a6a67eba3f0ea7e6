"""A cookie that records who has signed in with this browser before, so that an attacker elsewhere can't lock them out
(docs/decisions/025-the-brake.md). It grants no access: it only selects the counter for wrong passwords."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from hubs.models import User

SALT = "hubs.accounts.pages.known_browser"
MOST = 5  # people per browser
KEPT = timedelta(days=400)  # the longest that browsers keep a cookie


def _known(request: HttpRequest) -> dict[str, str]:
    """Return the names of this browser by primary key of a person."""
    try:
        found = signing.loads(request.COOKIES.get(settings.BROWSER_COOKIE_NAME, ""), salt=SALT, max_age=KEPT)
    except signing.BadSignature:
        return {}
    return dict(found)


def name(request: HttpRequest, person: User | None) -> str:
    """Return this browser's name for the person, or "" if they haven't signed in with it."""
    return _known(request).get(str(person.pk), "") if person else ""


def remember(request: HttpRequest, response: HttpResponseBase, person: User) -> None:
    """Record that the person has signed in with this browser."""
    known = _known(request)
    mine = known.pop(str(person.pk), "") or secrets.token_urlsafe(12)
    known = {**dict(list(known.items())[1 - MOST :]), str(person.pk): mine}
    response.set_cookie(
        settings.BROWSER_COOKIE_NAME, signing.dumps(known, salt=SALT), max_age=KEPT, secure=settings.TLS,
        httponly=True, samesite="Lax",
    )  # fmt: skip
