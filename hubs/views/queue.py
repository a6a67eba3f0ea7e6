"""The staff queue: what waits for a person, oldest first, and the decision."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from hubs import access, live
from hubs.access import Permission, SignedIn
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.forms.requests import QueueFilters, ReasonForm, beside
from hubs.models import ChangeRequest, Organization, UserLimit
from hubs.services import decisions
from hubs.states import State
from hubs.views.request_page import page

PAGE = 25
DONE = {
    State.APPROVED: "Approved. The hub follows within moments.",
    State.RETURNED: "Returned to {} with your words.",
    State.REJECTED: "Rejected. {} was told why.",
}


@require_safe
def index(request: SignedIn) -> HttpResponse:
    """Requests that wait, with why a person has to look."""
    access.staff(request.user)
    position = live.position()
    filters = QueueFilters(Organization.objects.all(), request.GET)
    rows = filters.narrow(ChangeRequest.objects.select_related("organization", "requester", "hub"))
    context = {
        "live_position": position,
        "filters": filters,
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "limits": UserLimit.objects.waiting().select_related("hub__organization", "author").order_by("made_at")[:PAGE],
    }
    fragment = request.htmx and request.htmx.target == "list"
    return render(request, "queue/queue.html#list" if fragment else "queue/queue.html", context)


def _decide(row: ChangeRequest, request: SignedIn) -> None:
    verb, reason = request.POST.get("verb"), request.POST.get("reason", "")
    seen, by = request.POST.get("seen", ""), request.user
    if verb == "approve":
        decisions.approve(request=row, by=by, seen=seen, note=reason)
    elif verb == "send_back":
        decisions.send_back(request=row, by=by, reason=reason, seen=seen)
    elif verb == "reject":
        decisions.reject(request=row, by=by, reason=reason, seen=seen)
    else:
        raise Invalid("Choose to approve, return or reject it.")


@require_POST
def decide(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """Approve, return or reject exactly what was read. Of two staff at once the loser sees the page as it is now."""
    row = access.request(request.user, uid, Permission.AGREE)
    try:
        _decide(row, request)
    except Invalid as error:
        form = ReasonForm(request.POST, label="A word to the requester", about="Needed to return or reject it.")
        beside(form, error.errors)
        return page(request, row, status=422, decide_form=form)
    except (Conflict, NotAllowed) as error:
        messages.error(request, error.message)
        form = ReasonForm(request.POST, label="A word to the requester", about="Needed to return or reject it.")
        status = 403 if isinstance(error, NotAllowed) else 409
        return page(request, row, status=status, decide_form=form)
    messages.success(request, DONE[State(row.state)].format(row.requester.display_name))
    return redirect("request", uid=row.uid)
