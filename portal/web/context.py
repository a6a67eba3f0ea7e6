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
    """Return the context of templates/base.html. `pending`, what staff have to review, makes two queries, only if it is
    rendered."""
    user = getattr(request, "user", None)
    match = request.resolver_match

    @cache  # templates call it several times
    def pending() -> int:
        if user is None or not user.is_staff:
            return 0
        return ChangeRequest.objects.all().waiting().count() + UserLimit.objects.waiting().count()

    @cache
    def own_hubs() -> bool:
        """Return whether the list of one's own hubs differs from that of all hubs, which staff see. Makes one query."""
        return user is not None and user.is_staff and user.memberships.exists()

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
        "whom_to_ask": whom_to_ask,
        "portal_languages": settings.LANGUAGES,
        "unread": unread,
        "own_hubs": own_hubs,
        "hubs_page": "staff-hubs" if user is not None and user.is_staff else "home",
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
