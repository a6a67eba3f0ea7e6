"""What follows from an approval, in sentences: before it, right after it, and on the page of an approved request."""

from datetime import date

from django.db.models import Count, Sum

from hubs.days.queries import waits
from hubs.language import _, calendar_day, lazy, plural, within
from hubs.models import ChangeRequest, Cluster, Hub, User
from hubs.requests.rules import MEANING, State
from hubs.spec import Difference, HubSpec, difference
from hubs.spec.diff import gib_text
from hubs.text.sentences import paragraph

MOST = 3  # changed fields in a message


DONE = {
    ChangeRequest.Kind.CREATE: lazy("The hub was created."),
    ChangeRequest.Kind.CHANGE: lazy("The change was applied to the hub."),
    ChangeRequest.Kind.RETIRE: lazy("The hub was retired."),
}


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


def on_approval(request: ChangeRequest, spec: HubSpec, today: date) -> str:
    """Return what an approval does, for the staff who decide."""
    if request.kind == ChangeRequest.Kind.RETIRE:
        return _("If you approve, the hub is retired.")
    if request.kind == ChangeRequest.Kind.CHANGE:
        return _("If you approve, the hub is changed immediately.")
    cluster = str(request.place)
    if spec.about.starts and waits(spec, today):
        day = calendar_day(spec.about.starts)
        return _("If you approve, the hub is created on {day}, on {cluster}.", day=day, cluster=cluster)
    return _("If you approve, the hub is created immediately, on {cluster}.", cluster=cluster)


def now_follows(request: ChangeRequest) -> str:
    """Return what happens now that staff approved this request."""
    hub = request.hub
    if request.kind == ChangeRequest.Kind.RETIRE:
        return _("The hub is being retired.")
    if request.kind == ChangeRequest.Kind.CHANGE:
        return _("The change is being applied to the hub.")
    if hub and hub.scheduled and hub.starts_on:
        return _("The hub will be created on {day}.", day=calendar_day(hub.starts_on))
    return _("The hub is being created.")


def just_sent(request: ChangeRequest) -> str:
    """Return what to say right after a request was sent. If the policy approved a change: what it changes."""
    if request.state == State.SUBMITTED:
        return _("Sent. Staff will review it, and this page shows their decision.")
    if request.state != State.APPROVED:
        return ""
    before, after = request.base_revision, request.spec
    changed = difference(before.spec, after)[:MOST] if request.hub and before and after else []
    return paragraph([_("Approved automatically."), *map(told_change, changed), now_follows(request)])


def told_change(one: Difference) -> str:
    """Return a changed value as a sentence."""
    none = within("number", "none")
    words = {"label": one.label, "after": one.after or none, "before": one.before or none}
    return _("{label}: {after} instead of {before}.", **words)


def meaning(request: ChangeRequest, reader: User) -> str:
    """Return what the state of this request means for this reader, at any time later."""
    if request.is_returned and request.requester_id == reader.pk:
        return _("Edit the request and send it again.")
    if request.is_returned:
        return _("{name} needs to edit it and send it again.", name=request.requester.display_name)
    hub = request.hub
    if request.state != State.APPROVED or hub is None:
        return MEANING[State(request.state)]
    revision = hub.revision
    later = revision is not None and revision.request_id not in (None, request.pk)
    done = hub.settled or (later and request.kind != ChangeRequest.Kind.RETIRE)
    return DONE[ChangeRequest.Kind(request.kind)] if done and not hub.scheduled else now_follows(request)


def room(cluster: Cluster) -> list[str]:
    """Return what is known of a cluster's capacity, for staff. One query."""
    running = Hub.objects.alive().filter(cluster=cluster, desired_state=Hub.Desired.RUNNING, scheduled=False)
    found = running.aggregate(hubs=Count("pk"), memory=Sum("memory_mib"))
    said = plural(
        "Allocated on {cluster} now: {memory} of memory, for {count} hub.",
        "Allocated on {cluster} now: {memory} of memory, for {count} hubs.",
        found["hubs"],
        cluster=str(cluster),
        memory=gib_text(found["memory"] or 0),
    )
    checked = [one["message"] for one in cluster.check_findings if one["name"] == _("Capacity")]
    return [said, *checked]
