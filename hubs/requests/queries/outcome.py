"""What follows from an approval, in sentences: before it, right after it, and on the page of an approved request."""

from datetime import date

from hubs.days.queries import waits
from hubs.language import _, calendar_day
from hubs.models import ChangeRequest
from hubs.requests.rules import MEANING, State
from hubs.spec import HubSpec


def will_follow(request: ChangeRequest, spec: HubSpec, today: date) -> str:
    """Return what happens as soon as this draft is approved. `today` is the date at its organisation."""
    if request.kind == ChangeRequest.Kind.CHANGE:
        return _("The hub will be changed now.")
    if spec.about.starts and waits(spec, today):
        return _("The hub will be created on {day}.", day=calendar_day(spec.about.starts))
    return _("The hub will be created now.")


def send_label(request: ChangeRequest, *, routine: bool) -> str:
    """Return the label of the button that sends this draft: what follows from it."""
    if not routine:
        return _("Send request")
    return _("Apply change") if request.hub else _("Create hub")


def awaited(request: ChangeRequest, spec: HubSpec, today: date) -> str:
    """Return what happens to a request that was sent, and after its approval."""
    if request.kind == ChangeRequest.Kind.RETIRE:
        return _("Staff review the request. If they approve it, the hub is retired.")
    if request.kind == ChangeRequest.Kind.CHANGE:
        return _("Staff review the request. If they approve it, the hub is changed immediately.")
    if spec.about.starts and waits(spec, today):
        day = calendar_day(spec.about.starts)
        return _("Staff review the request. If they approve it, the hub is created on {day}.", day=day)
    return _("Staff review the request. If they approve it, the hub is created immediately.")


def now_follows(request: ChangeRequest) -> str:
    """Return what happens now that staff approved this request."""
    hub = request.hub
    if request.kind == ChangeRequest.Kind.RETIRE:
        return _("Approved. The hub is being retired.")
    if request.kind == ChangeRequest.Kind.CHANGE:
        return _("Approved. The hub is being updated.")
    if hub and hub.scheduled and hub.starts_on:
        return _("Approved. The hub will be created on {day}.", day=calendar_day(hub.starts_on))
    return _("Approved. The hub is being created.")


def meaning(request: ChangeRequest) -> str:
    """Return what the state of this request means, at any time later."""
    if request.state != State.APPROVED:
        return MEANING[State(request.state)]
    if request.kind == ChangeRequest.Kind.RETIRE:
        return _("Approved. The hub is retired.")
    if request.kind == ChangeRequest.Kind.CREATE:
        return _("Approved. The hub’s own page shows when it is ready.")
    return MEANING[State.APPROVED]
