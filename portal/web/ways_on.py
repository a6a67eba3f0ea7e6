"""Links on an error page, so that it is never a dead end. Each leads to a page that this reader can open."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from hubs.language import _, lazy
from hubs.models import ChangeRequest, Hub, Organization

log = logging.getLogger(__name__)
RETRY = {409: lazy("Reload"), 429: lazy("Try again"), 500: lazy("Try again"), 503: lazy("Try again")}
ABOVE = {
    "hubs": (Hub, "uid", "hub", lazy("Back to the hub")),
    "requests": (ChangeRequest, "uid", "request", lazy("Back to the request")),
    "organizations": (Organization, "slug", "organization", lazy("Back to the organisation")),
}


@dataclass(frozen=True)
class Way:
    """A link: its target, label and icon."""

    href: str
    label: str
    icon: str


def ways_on(request: HttpRequest, status: int) -> list[Way]:
    """Return the links, most useful first. At most one query; none for 500 and 503, where the database may be down."""
    found = list(_again(request, status))
    user = getattr(request, "user", None) if status not in (500, 503) else None
    if user is not None and not user.is_authenticated:
        found.append(Way(f"{reverse('sign-in')}?{urlencode({'next': _page_of(request)})}", _("Sign in"), "key"))
    elif user is not None:
        try:
            found += _above(request)
        except DatabaseError:
            log.exception("no links for the error page of %s", request.path)
    return [*found, Way("/", _("Hubs"), "hubs")]


def _again(request: HttpRequest, status: int) -> Iterator[Way]:
    if status in RETRY:
        yield Way(_page_of(request), RETRY[status], "refresh")
    elif request.method == "POST" and (back := where_from(request)):
        yield Way(back, _("Back to the page"), "undo")


def _page_of(request: HttpRequest) -> str:
    """Return the path of the page itself, or, for a form's address, of the page that held the form."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path(force_append_slash=False)
    return where_from(request) or "/"


def where_from(request: HttpRequest) -> str:
    """Return the path of the portal page that led here, or ""."""
    referer = request.headers.get("Referer", "")
    parts = urlsplit(referer)
    if not parts.netloc or not url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        return ""
    path = f"/{parts.path.lstrip('/')}"  # //example.org/ would lead to another site
    return f"{path}?{parts.query}" if parts.query else path


def _above(request: HttpRequest) -> Iterator[Way]:
    """Yield a link to the hub, request or organisation that this address belongs to, if this reader can see it."""
    parts = [part for part in request.path.split("/") if part]
    if len(parts) < 3 or parts[0] not in ABOVE:  # two parts are the page itself
        return
    model, key, name, label = ABOVE[parts[0]]
    match = request.resolver_match
    value = match.kwargs.get(key) if match else None
    if value and model.objects.all().visible_to(request.user).filter(**{key: value}).exists():  # type: ignore[attr-defined]
        yield Way(reverse(name, args=[value]), label, "undo")
