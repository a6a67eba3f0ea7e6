"""From one decision of staff to the next: requests and requests for user limits are one queue, the oldest first."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html

from hubs.access import SignedIn
from hubs.language import _
from hubs.lists.of_asked_limits import AskedLimit, next_after
from hubs.models import ChangeRequest, UserLimit

THEN_NEXT = "then_next"  # session key: whether to open the next request after a decision


def address(row: ChangeRequest | AskedLimit) -> str:
    """Return the page where this request is decided."""
    if isinstance(row, AskedLimit):
        return reverse("hub-limit", args=[row.limit.hub.uid, row.limit.pk])
    return reverse("request", args=[row.uid])


def following(request: SignedIn, row: ChangeRequest | UserLimit) -> dict[str, Any]:
    """Return the context of a decision: the next request, and whether to open it then."""
    found = next_after(row, request.user)
    return {
        "following": found,
        "following_url": address(found) if found else "",
        "then_next": request.session.get(THEN_NEXT, True),
    }


def decided(request: SignedIn, row: ChangeRequest | UserLimit, done: str, here: str) -> HttpResponse:
    """Say what was decided, and redirect: with `next`, to the next request of the queue, else to `here`."""
    request.session[THEN_NEXT] = goes_on = "next" in request.POST
    if not goes_on:
        messages.success(request, done)
        return redirect(here)
    messages.success(request, format_html('{} <a href="{}">{}</a>', done, here, _("View that request")))
    found = next_after(row, request.user)
    after = _("Next request: “{name}”.", name=found.name) if found else _("No more requests need your review.")
    messages.info(request, after)
    return redirect(address(found) if found else "queue")
