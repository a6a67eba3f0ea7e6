"""What the frame around every page needs."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from hubs.models import ChangeRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of templates/base.html. `pending` (requests that wait for staff) costs a query only where it is shown."""
    user = getattr(request, "user", None)
    match = request.resolver_match

    @cache  # templates call it, here and in the navigation
    def pending() -> int:
        return ChangeRequest.objects.all().waiting().count() if user is not None and user.is_staff else 0

    return {
        "PRODUCTION": settings.PRODUCTION,
        "support_contact": settings.SUPPORT_CONTACT,
        "pending": pending,
        "section": match.url_name if match and not match.namespace else "",
    }
