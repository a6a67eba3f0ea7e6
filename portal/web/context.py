"""The template context of every page."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from hubs.language import listed
from hubs.models import ChangeRequest, Membership, Notification, User, UserLimit

MOST = 99
MOST_NAMES = 3  # of the people to ask, in the footer


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the context of templates/base.html. `pending` (what staff have to review) and `waiting` (the requests
    among it) make two queries, only if they are rendered."""
    user = getattr(request, "user", None)
    match = request.resolver_match

    @cache  # templates call them several times
    def waiting() -> int:
        return ChangeRequest.objects.all().waiting().count() if user is not None and user.is_staff else 0

    @cache
    def pending() -> int:
        return waiting() + UserLimit.objects.waiting().count() if user is not None and user.is_staff else 0

    @cache
    def unread() -> int:
        """Return the number of unread notifications, at most MOST + 1. Makes one query."""
        if user is None or not user.is_authenticated:
            return 0
        return len(Notification.objects.filter(person=user).unread().order_by().values_list("pk")[: MOST + 1])

    @cache
    def whom_to_ask() -> dict[str, Any]:
        return _whom_to_ask(user) if user is not None and user.is_authenticated else {}

    return {
        "PRODUCTION": settings.PRODUCTION,
        "support_contact": settings.SUPPORT_CONTACT,
        "pending": pending,
        "waiting": waiting,
        "whom_to_ask": whom_to_ask,
        "portal_languages": settings.LANGUAGES,
        "unread": unread,
        "section": match.url_name if match and not match.namespace else "",
    }


def _whom_to_ask(user: User) -> dict[str, Any]:
    """Return whether the person runs an organisation; if not, the names of those who run theirs, and the organisation.
    With several organisations, it is the first by name. Makes one query."""
    rows = Membership.objects.people().filter(role__in=("owner", "admin"), organization__memberships__user=user)
    found = list(rows.select_related("user", "organization").order_by("organization__name", "-role", "pk"))
    if not found or any(row.user_id == user.pk for row in found):
        return {"runs": bool(found)}
    first = found[0].organization
    names = [row.user.display_name for row in found if row.organization_id == first.pk]
    return {"organization": first, "names": listed(names[:MOST_NAMES])}
