"""The template context of every page."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from hubs.models import ChangeRequest, Notification, UserLimit

MOST = 99


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

    return {
        "PRODUCTION": settings.PRODUCTION,
        "support_contact": settings.SUPPORT_CONTACT,
        "pending": pending,
        "waiting": waiting,
        "unread": unread,
        "section": match.url_name if match and not match.namespace else "",
    }
