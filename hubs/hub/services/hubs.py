"""What one does with a hub that exists. Each writes what is wanted and wakes the hub; workers do the rest."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hubs import wake
from hubs.audit.services import audit
from hubs.days.queries import day_text
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, Hub, User
from hubs.requests.rules import State, Who
from hubs.requests.services import contributors, releases, requests
from hubs.requests.services.moves import decided, move
from hubs.spec import Draft, SpecError, from_draft, to_draft
from hubs.text.texts import clean, runnable

# What organisation admins adjust without asking anybody, inside the organisation's limits.
USER_LIMITS = (
    "singleuser.memory.limit",
    "singleuser.memory.guarantee",
    "singleuser.cpu.limit",
    "singleuser.storage.capacity",
    "hub.activeServerLimit",
    "cull.timeout",
)
LOOK_AGAIN = timedelta(seconds=10)
KEEP_DAYS, MOST_DAYS = 30, 365  # how long a retired hub's volumes are kept in a cluster


def _check_created(hub: Hub) -> None:
    """Raises Conflict for a hub that waits for its first day."""
    if Hub.objects.alive().filter(pk=hub.pk, scheduled=True).exists():
        first = f"on {day_text(hub.starts_on)}" if hub.starts_on else "on its first day"
        raise Conflict(
            f"This hub is created {first}, so nothing of it runs yet. Change its first day to have it sooner."
        )


def _want(hub: Hub, state: Hub.Desired, status: Hub.Status, source: Hub.Desired) -> None:
    _check_created(hub)
    moved = wake.want(hub, among=Hub.objects.filter(desired_state=source), desired_state=state, status=status)
    hub.refresh_from_db()
    if not moved:
        raise Conflict(f"This hub is already {hub.get_desired_state_display()}. Nothing was changed.")


@transaction.atomic
def suspend(*, hub: Hub, by: User) -> Hub:
    """Stop everything, keep everybody's files. Raises Conflict when it does not run."""
    _want(hub, Hub.Desired.SUSPENDED, Hub.Status.SUSPENDING, Hub.Desired.RUNNING)
    audit.record("hub.suspend", by=by, subject=hub.title, hub=hub, changes={"state": ["running", "suspended"]})
    return hub


def _no_room(hub: Hub) -> str:
    """Why a suspended hub does not fit beside the others now, as a sentence; "" when it does. What staff approved for
    this hub alone stays approved."""
    for meter in limits.resuming(hub):
        if meter.over and meter.adds <= meter.limit:
            return f"{limits.above(meter)} Suspend or retire another hub first, or ask staff to resume it."
    return ""


@transaction.atomic
def resume(*, hub: Hub, by: User) -> Hub:
    """Start it again as it was. Raises Conflict when it is not suspended, when its last day is over, or when other
    hubs took the room that it needs: then staff may resume it."""
    limits.lock(hub.organization)
    if Hub.objects.filter(pk=hub.pk, desired_state=Hub.Desired.SUSPENDED).exclude(ended_at=None).exists():
        raise Conflict("Its last day is over. Extend it: then it goes on.")
    if not by.is_staff and (reason := _no_room(hub)):
        raise Conflict(reason)
    _want(hub, Hub.Desired.RUNNING, Hub.Status.UPDATING, Hub.Desired.SUSPENDED)
    audit.record("hub.resume", by=by, subject=hub.title, hub=hub, changes={"state": ["suspended", "running"]})
    return hub


@transaction.atomic
def retry(*, hub: Hub, by: User) -> Hub:
    """Try again now, instead of later or never. For hubs that are not as they should be; raises Conflict otherwise."""
    waiting = Q(failures__gt=0) | Q(status=Hub.Status.STALLED) | Q(status=Hub.Status.UNKNOWN)
    if not wake.wake(hub, among=Hub.objects.filter(waiting, retired_at=None), failures=0):
        raise Conflict("This hub is not waiting for another try.")
    audit.record("hub.retry", by=by, subject=hub.title, hub=hub)
    return hub


@transaction.atomic
def restart(*, hub: Hub, by: User) -> Hub:
    """Start the hub itself anew; people's servers go on. Raises Conflict when it does not run."""
    _check_created(hub)
    running = Hub.objects.filter(desired_state=Hub.Desired.RUNNING)
    restarted = wake.want(hub, among=running, restart_at=timezone.now(), status=Hub.Status.UPDATING)
    hub.refresh_from_db()
    if not restarted:
        raise Conflict(f"This hub is {hub.get_desired_state_display()}, so there is nothing to start anew.")
    audit.record("hub.restart", by=by, subject=hub.title, hub=hub)
    return hub


@transaction.atomic
def pause(*, hub: Hub, by: User, reason: str) -> Hub:
    """Have workers look at this hub and change nothing, until `unpause`. For staff who try something out by hand.
    Raises NotAllowed, Invalid without a reason, Conflict when it is paused already or retired."""
    if not by.is_staff:
        raise NotAllowed("Only staff can pause the repair of a hub.")
    reason = clean(reason, "reason", needed="Say why: everybody who runs this hub reads it.")
    able = Hub.objects.alive().filter(paused_at=None)
    if not wake.wake(hub, among=able, paused_at=timezone.now(), paused_by=by, pause_reason=reason):
        raise Conflict("This hub is paused or retired already. Nothing was changed.")
    audit.record("hub.pause", by=by, subject=hub.title, hub=hub, note=reason)
    hub.refresh_from_db()
    return hub


@transaction.atomic
def unpause(*, hub: Hub, by: User) -> Hub:
    """Workers make it as it is wanted again, and undo what was done by hand. Raises NotAllowed, Conflict."""
    if not by.is_staff:
        raise NotAllowed("Only staff can end the pause of a hub.")
    paused = Hub.objects.exclude(paused_at=None)
    if not wake.wake(hub, among=paused, paused_at=None, paused_by=None, pause_reason="", failures=0):
        raise Conflict("This hub is not paused.")
    audit.record("hub.unpause", by=by, subject=hub.title, hub=hub)
    hub.refresh_from_db()
    return hub


@transaction.atomic
def set_code(*, hub: Hub, by: User, code: str) -> Hub:
    """Python that the hub runs at the end of its configuration; "" for none. It is read by Python here, and not run.
    Raises NotAllowed for all but staff, Invalid by field ("code"), Conflict when nothing would change or it is
    retired."""
    if not by.is_staff:
        raise NotAllowed("Only staff can give a hub code of its own.")
    code = runnable(code)
    if not wake.want(hub, among=Hub.objects.alive().exclude(extra_config=code), extra_config=code):
        raise Conflict("This hub is retired, or that is its code already. Nothing was changed.")
    audit.record("hub.code", by=by, subject=hub.title, hub=hub, changes={"hub.extraConfig": [hub.extra_config, code]})
    hub.refresh_from_db()
    return hub


def keeps_volumes(hub: Hub) -> bool:
    """Does whoever retires this hub choose how long people's volumes are kept? Elsewhere there is an archive."""
    return hub.cluster.can.volumes


def _decided_days(hub: Hub, keep_days: int | None) -> int | None:
    if not keeps_volumes(hub):
        return None
    days = KEEP_DAYS if keep_days is None else keep_days
    if not 0 <= days <= MOST_DAYS:
        raise Invalid.beside("days", f"Keep them for 0 to {MOST_DAYS} days.")
    return days


def _check_typed(hub: Hub, typed: str) -> None:
    if typed.strip() != hub.slug:
        raise Invalid.beside("typed", f"Type {hub.slug} to show that you mean this hub.")


@transaction.atomic
def retire(*, hub: Hub, by: User, typed: str, reason: str = "", keep_days: int | None = None) -> ChangeRequest:
    """End a hub for good. `typed` is its address, typed by hand. On one machine people's files go to the archive; in a
    cluster their volumes are kept for `keep_days` (KEEP_DAYS when None) and then deleted, at once when it is 0.
    Raises Invalid by field ("typed", "days"), Conflict when it is retired already."""
    limits.lock(hub.organization)
    hub.refresh_from_db()
    if hub.is_retired:
        raise Conflict("This hub is already retired.")
    days = _decided_days(hub, keep_days)
    _check_typed(hub, typed)
    request = ChangeRequest.objects.create(
        organization=hub.organization,
        hub=hub,
        kind=ChangeRequest.Kind.RETIRE,
        requester=by,
        title=hub.title,
        slug=hub.slug,
        reason=clean(reason, "reason"),
        base_revision=hub.revision,
        spec_data=hub.spec.model_dump(mode="json"),
        draft={} if days is None else {"keep_days": days},
    )
    return _carried_out(request, by)


def _carried_out(request: ChangeRequest, by: User) -> ChangeRequest:
    """A retirement, confirmed by typing the hub's address, needs nobody else."""
    sent: dict[str, Any] = {"content_hash": requests.content_hash(request), "policy": {"routine": True, "findings": []}}
    move(request, "submit", State.SUBMITTED, Who.AUTHOR, by=by, submitted_at=timezone.now(), **sent)
    contributors.note(request, by, contributors.Step.SUBMIT)
    days = request.draft.get("keep_days")  # in a cluster; on one machine there is an archive
    files = "go to the archive" if days is None else f"are kept for {days} days" if days else "are deleted"
    why = f"Confirmed by typing the hub’s address. People’s files {files}."
    move(request, "approve", State.APPROVED, Who.POLICY, by=None, **decided(words=why))
    releases.carry_out(request=request, by=by)
    return request


@transaction.atomic
def delete_files(*, hub: Hub, by: User, typed: str) -> Hub:
    """Do not keep a retired hub's volumes any longer. `typed` is its address. Raises NotAllowed, Invalid, Conflict."""
    if not by.is_staff:
        raise NotAllowed("Only staff can delete the files of a retired hub.")
    _check_typed(hub, typed)
    kept = Hub.objects.filter(desired_state=Hub.Desired.RETIRED, keep_files_until__gt=timezone.now())
    if not wake.wake(hub, among=kept, keep_files_until=None, failures=0):
        raise Conflict("No files of this hub are kept any more.")
    audit.record("hub.delete_files", by=by, subject=hub.title, hub=hub)
    hub.refresh_from_db()
    return hub


def _beyond(hub: Hub, values: Draft) -> dict[str, list[str]]:
    """What of these user limits is above the agreement, by field. Raises Invalid for what makes no sense."""
    if strange := set(values) - set(USER_LIMITS):
        raise Invalid("That is not a user limit.", {path: ["That is not a user limit."] for path in strange})
    try:
        spec = from_draft({**to_draft(hub.spec), **values})
    except SpecError as error:
        errors = {path if path in values else "": words for path, words in error.errors.items()}
        raise Invalid("Some limits need another look.", errors) from error
    found = limits.assess(spec, hub.organization, hub=hub, before=hub.spec)
    beyond: dict[str, list[str]] = {}
    for finding in found.findings:
        if finding.code.startswith("over:"):
            beyond.setdefault(finding.path, []).append(finding.message)
    return beyond


def beyond_agreement(*, hub: Hub, values: Draft) -> bool:
    """Do these user limits make sense, and would staff have to allow them?"""
    try:
        return bool(_beyond(hub, values))
    except Invalid:
        return False


@transaction.atomic
def ask_for_more(*, hub: Hub, by: User, values: Draft) -> ChangeRequest:
    """A draft of a change with these user limits, for staff to decide on once it is sent. Raises Invalid, Conflict."""
    if strange := set(values) - set(USER_LIMITS):
        raise Invalid("That is not a user limit.", {path: ["That is not a user limit."] for path in strange})
    request = requests.begin_change(hub=hub, by=by, values={})
    return requests.save(request=request, by=by, values=values)


@transaction.atomic
def set_user_limits(*, hub: Hub, by: User, values: Draft) -> ChangeRequest:
    """New user limits, at once, inside what the organisation agreed with staff. They count for the next server that
    starts. Raises Invalid by field (beyond the agreement, too), Conflict."""
    limits.lock(hub.organization)
    hub.refresh_from_db()
    if beyond := _beyond(hub, values):
        raise Invalid("That is beyond what your organisation agreed on with us. Staff can allow more.", beyond)
    request = requests.begin_change(hub=hub, by=by, values=values)
    return requests.submit(request=request, by=by, own_limits=True)


def look(*, hub: Hub) -> None:
    """Somebody reads the hub's page: have a worker look soon, when the last look is old. Not a write of anybody's."""
    now, seen, due = timezone.now(), hub.observed_at, hub.reconcile_after
    if (seen is None or seen < now - LOOK_AGAIN) and due and due > now + timedelta(seconds=1):
        wake.look_again([hub.pk])
