"""What the frame around every page needs."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from hubs.models import ChangeRequest, Notification, UserLimit

MOST = 99


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of templates/base.html. `pending` (what waits for staff) and `waiting` (the
    requests among it) cost two queries, only where they are shown."""
    user = getattr(request, "user", None)
    match = request.resolver_match

    @cache  # templates call them, here and in the navigation
    def waiting() -> int:
        return ChangeRequest.objects.all().waiting().count() if user is not None and user.is_staff else 0

    @cache
    def pending() -> int:
        return waiting() + UserLimit.objects.waiting().count() if user is not None and user.is_staff else 0

    @cache
    def unread() -> int:
        """What is new in the inbox; more than MOST are as many as MOST. Costs a query."""
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
