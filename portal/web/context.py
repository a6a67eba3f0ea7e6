"""What the frame around every page needs."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from hubs.models import ChangeRequest, Notification, UserLimit

MOST = 99


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of templates/base.html. `pending` (what waits for staff) costs two queries, only where it is shown."""
    user = getattr(request, "user", None)
    match = request.resolver_match

    @cache  # templates call it, here and in the navigation
    def pending() -> int:
        if user is None or not user.is_staff:
            return 0
        return ChangeRequest.objects.all().waiting().count() + UserLimit.objects.waiting().count()

    @cache
    def unread() -> int:
        """What is new in the inbox; more than MOST are as many as MOST. Costs a query."""
        if user is None or not user.is_authenticated:
            return 0
        return Notification.objects.filter(person=user).unread().order_by()[: MOST + 1].count()

    return {
        "PRODUCTION": settings.PRODUCTION,
        "support_contact": settings.SUPPORT_CONTACT,
        "pending": pending,
        "unread": unread,
        "section": match.url_name if match and not match.namespace else "",
    }
