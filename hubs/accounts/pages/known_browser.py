"""A cookie that says who has signed in with this browser before, so that an attacker elsewhere can't keep them out
(docs/decisions/025-the-brake.md). It opens nothing: it only chooses which counter a guess is counted on."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from hubs.models import User

SALT = "hubs.accounts.pages.known_browser"
MOST = 5  # people of one browser
KEPT = timedelta(days=400)  # the longest that browsers keep a cookie


def _known(request: HttpRequest) -> dict[str, str]:
    """Primary key of a person -> name of this browser for them."""
    try:
        found = signing.loads(request.COOKIES.get(settings.BROWSER_COOKIE_NAME, ""), salt=SALT, max_age=KEPT)
    except signing.BadSignature:
        return {}
    return dict(found)


def name(request: HttpRequest, person: User | None) -> str:
    """This browser's name for the person; "" when they have not signed in with it."""
    return _known(request).get(str(person.pk), "") if person else ""


def remember(request: HttpRequest, response: HttpResponseBase, person: User) -> None:
    """The person has signed in with this browser."""
    known = _known(request)
    mine = known.pop(str(person.pk), "") or secrets.token_urlsafe(12)
    known = {**dict(list(known.items())[1 - MOST :]), str(person.pk): mine}
    response.set_cookie(
        settings.BROWSER_COOKIE_NAME, signing.dumps(known, salt=SALT), max_age=KEPT, secure=settings.TLS,
        httponly=True, samesite="Lax",
    )  # fmt: skip
