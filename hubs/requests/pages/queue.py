"""The staff queue: requests that need review, oldest first, and decisions."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.language import _
from hubs.lists import of_asked_limits, of_requests
from hubs.lists.keyset import Ordered
from hubs.lists.paging import page_of
from hubs.live import channel as live
from hubs.models import ChangeRequest, Organization, UserLimit
from hubs.pages.forms import beside
from hubs.pages.fragments import part
from hubs.requests.forms.decisions import NumbersForm, message_form
from hubs.requests.queries.outcome import now_follows, told_change
from hubs.requests.queries.waiting import waiting
from hubs.requests.rules import State
from hubs.requests.services import decisions
from hubs.requests.services.other_numbers import offered
from hubs.spec import difference
from hubs.text.sentences import paragraph

from .deciding import decided
from .page import page

PAGE = 25
RELATED = (
    "organization__cluster", "requester", "hub__cluster", "hub__revision", "base_revision", "starting_version__point",
)  # fmt: skip


@require_safe
def index(request: SignedIn) -> HttpResponse:
    """Requests that were sent, for hubs and for user limits, and why they need review."""
    access.staff(request.user)
    position = live.position()
    filters = of_requests.of_queue(request, Organization.objects.only("slug", "name").order_by("name"))
    rows = filters.narrow(ChangeRequest.objects.filter(state=filters.state_shown).select_related(*RELATED))
    limits = of_asked_limits.narrowed(UserLimit.objects.all().in_states([filters.state_shown]), filters)
    source = of_asked_limits.together(Ordered(rows, filters.order), limits)
    found = of_asked_limits.shown(page_of(source, PAGE, request.GET))
    context = {"live_position": position, "filters": filters, "page": found, "waiting": waiting(found.object_list)}
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
    form = message_form(request.POST)
    beside(form, {name: words for name, words in errors.items() if name not in numbers.fields})
    beside(numbers, {name: words for name, words in errors.items() if name in numbers.fields})
    rejecting = request.POST.get("verb") == "reject"
    return page(request, row, status=status, decide_form=form, numbers_form=numbers, rejecting=rejecting)


def _done(row: ChangeRequest) -> str:
    """Return what was decided about which request, and what follows."""
    words = {"request": row.name, "name": row.requester.display_name}
    if row.is_returned:
        return _("You requested changes to “{request}”. {name} was notified.", **words)
    if row.state == State.REJECTED:
        return _("You rejected “{request}”. {name} was notified.", **words)
    if (asked := row.asked) and (spec := row.spec):
        lowered = [told_change(one) for one in difference(asked, spec)]
        done = _("You approved “{request}” with adjusted numbers.", **words)
        return paragraph([done, *lowered, now_follows(row)])
    return paragraph([_("You approved “{request}”.", **words), now_follows(row)])


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
    return decided(request, row, _done(row), reverse("request", args=[row.uid]))
