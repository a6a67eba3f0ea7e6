"""The staff queue: requests that need review, oldest first, and decisions."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.language import _
from hubs.lists import of_requests
from hubs.lists.paging import ordered_page
from hubs.live import channel as live
from hubs.models import ChangeRequest, Organization, UserLimit
from hubs.pages.forms import beside
from hubs.pages.fragments import part
from hubs.requests.forms.decisions import NumbersForm
from hubs.requests.forms.requests import ReasonForm
from hubs.requests.queries.outcome import now_follows
from hubs.requests.rules import State
from hubs.requests.services import decisions
from hubs.requests.services.other_numbers import offered
from hubs.user_limits.rules import MEASURES

from .page import THEN_NEXT, page

PAGE = 25
OF_LIMIT = (
    "kind", "name", *MEASURES, "made_at", "hub__uid", "hub__title", "hub__organization__name",
    "author__username", "author__name", "author__first_name", "author__last_name",
)  # fmt: skip


@require_safe
def index(request: SignedIn) -> HttpResponse:
    """Submitted requests, and why they need review."""
    access.staff(request.user)
    position = live.position()
    filters = of_requests.of_queue(request, Organization.objects.only("slug", "name").order_by("name"))
    waiting = ChangeRequest.objects.filter(state=filters.state_shown).select_related(*of_requests.RELATED, "requester")
    rows = filters.narrow(waiting).only(*of_requests.OF_REQUEST, *of_requests.OF_REQUESTER, "submitted_at", "policy")
    limits = UserLimit.objects.waiting().select_related("hub__organization", "author")
    context = {
        "live_position": position,
        "filters": filters,
        "page": ordered_page(rows, PAGE, request.GET, *filters.order),
        "limits": limits.only(*OF_LIMIT).order_by("made_at")[:PAGE],
    }
    return render(request, part(request, "queue/queue.html", "list"), context)


def _decide(row: ChangeRequest, request: SignedIn, numbers: dict[str, str]) -> None:
    verb, reason = request.POST.get("verb"), request.POST.get("reason", "")
    seen, by = request.POST.get("seen", ""), request.user
    if numbers and verb in ("send_back", "reject"):
        words = _("Adjusted numbers apply only if you approve. Restore the requested numbers, or approve.")
        raise Invalid(words, {path: [words] for path in numbers})
    if verb == "approve":
        decisions.approve(request=row, by=by, seen=seen, note=reason, numbers=numbers)
    elif verb == "send_back":
        decisions.send_back(request=row, by=by, reason=reason, seen=seen)
    elif verb == "reject":
        decisions.reject(request=row, by=by, reason=reason, seen=seen)
    else:
        raise Invalid(_("Choose Approve, Request changes or Reject."))


def _again(
    request: SignedIn, row: ChangeRequest, numbers: NumbersForm, status: int, errors: dict[str, list[str]]
) -> HttpResponse:
    """Render the current page with everything that was typed, and errors."""
    about = _("Required to request changes or reject.")
    form = ReasonForm(request.POST, label=_("Message to the requester"), about=about)
    beside(form, {name: words for name, words in errors.items() if name not in numbers.fields})
    beside(numbers, {name: words for name, words in errors.items() if name in numbers.fields})
    return page(request, row, status=status, decide_form=form, numbers_form=numbers)


def _done(row: ChangeRequest) -> str:
    """Return what follows from the decision, as a sentence."""
    name = row.requester.display_name
    if row.state == State.APPROVED:
        return now_follows(row)
    if row.is_returned:
        return _("Changes requested. {name} was notified.", name=name)
    return _("Rejected. {name} was notified.", name=name)


@require_POST
def decide(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """Approve, return or reject exactly what was read. If two staff decide at the same time, the second sees the
    current page. With `next`, redirect to the next request of the queue."""
    row = access.request(request.user, uid, Permission.AGREE)
    numbers = NumbersForm(offered(row), request.POST)
    try:
        _decide(row, request, numbers.chosen())
    except Invalid as error:
        return _again(request, row, numbers, 422, error.errors)
    except (Conflict, NotAllowed) as error:
        messages.error(request, error.message)
        return _again(request, row, numbers, 403 if isinstance(error, NotAllowed) else 409, {})
    done = _done(row)
    request.session[THEN_NEXT] = goes_on = "next" in request.POST
    if not goes_on:
        messages.success(request, done)
        return redirect("request", uid=row.uid)
    following = ChangeRequest.objects.all().next_after(row, request.user)
    after = _("No more requests need your review.")
    if following:
        after = _("Next request: “{name}”.", name=following.name)
    messages.success(request, _("“{name}”: {result} {next}", name=row.name, result=done, next=after))
    return redirect("request", uid=following.uid) if following else redirect("queue")
