"""Actions on an existing hub. Each writes the desired state and wakes the hub; workers apply it."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hubs import wake
from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.language import _, calendar_day, lazy, number, plural
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, Hub, User
from hubs.requests.rules import State, Who
from hubs.requests.services import contributors, releases, requests
from hubs.requests.services.moves import decided, move
from hubs.spec import Draft, SpecError, from_draft, to_draft
from hubs.text.texts import clean, runnable

# Settings that organisation admins can change without review, within the organisation's limits.
USER_LIMITS = (
    "singleuser.memory.limit",
    "singleuser.memory.guarantee",
    "singleuser.cpu.limit",
    "singleuser.storage.capacity",
    "hub.activeServerLimit",
    "cull.timeout",
)
LOOK_AGAIN = timedelta(seconds=10)
ALREADY = {
    Hub.Desired.RUNNING: lazy("This hub is already running. Nothing was changed."),
    Hub.Desired.SUSPENDED: lazy("This hub is already suspended. Nothing was changed."),
    Hub.Desired.RETIRED: lazy("This hub is already retired. Nothing was changed."),
}
KEEP_DAYS, MOST_DAYS = 30, 365  # how long a retired hub's volumes are kept in a cluster


def _check_created(hub: Hub) -> None:
    """Raise Conflict for a hub that is scheduled for its first day."""
    if Hub.objects.alive().filter(pk=hub.pk, scheduled=True).exists():
        late = _("This hub is created on its first day and doesn’t run yet. To start sooner, change the first day.")
        if hub.starts_on:
            day = calendar_day(hub.starts_on)
            late = _(
                "This hub is created on {day} and doesn’t run yet. To start sooner, change the first day.", day=day
            )
        raise Conflict(late)


def _want(hub: Hub, state: Hub.Desired, status: Hub.Status, source: Hub.Desired) -> None:
    _check_created(hub)
    moved = wake.want(hub, among=Hub.objects.filter(desired_state=source), desired_state=state, status=status)
    hub.refresh_from_db()
    if not moved:
        raise Conflict(str(ALREADY[Hub.Desired(hub.desired_state)]))


@transaction.atomic
def suspend(*, hub: Hub, by: User, reason: str = "") -> Hub:
    """Stop the hub and all servers; files are kept. The reason is in the notification. Raise Conflict if the hub is not
    running, Invalid by field ("reason")."""
    reason, changes = clean(reason, "reason"), {"state": ["running", "suspended"]}
    _want(hub, Hub.Desired.SUSPENDED, Hub.Status.SUSPENDING, Hub.Desired.RUNNING)
    audit.record("hub.suspend", by=by, subject=hub.title, hub=hub, changes=changes, note=reason)
    return hub


def _no_room(hub: Hub) -> str:
    """Return why resuming a hub would exceed the shared limits, as a sentence, or "". A hub that exceeds a limit on its
    own was approved by staff, and stays approved."""
    for meter in limits.resuming(hub):
        if meter.over and meter.adds <= meter.limit:
            advice = _("Suspend or retire another hub first, or ask staff to resume this hub.")
            return f"{limits.above(meter)} {advice}"
    return ""


@transaction.atomic
def resume(*, hub: Hub, by: User) -> Hub:
    """Start a suspended hub. Raise Conflict if it is not suspended, if its last day is over, or if other hubs use the
    capacity that it needs (staff may still resume it)."""
    limits.lock(hub.organization)
    if Hub.objects.filter(pk=hub.pk, desired_state=Hub.Desired.SUSPENDED).exclude(ended_at=None).exists():
        raise Conflict(_("The hub’s last day is over. Extend the hub to resume it."))
    if not by.is_staff and (reason := _no_room(hub)):
        raise Conflict(reason)
    _want(hub, Hub.Desired.RUNNING, Hub.Status.UPDATING, Hub.Desired.SUSPENDED)
    audit.record("hub.resume", by=by, subject=hub.title, hub=hub, changes={"state": ["suspended", "running"]})
    return hub


@transaction.atomic
def retry(*, hub: Hub, by: User) -> Hub:
    """Retry now. Raise Conflict if the hub has no failures and its status is neither stalled nor unknown."""
    waiting = Q(failures__gt=0) | Q(status=Hub.Status.STALLED) | Q(status=Hub.Status.UNKNOWN)
    if not wake.wake(hub, among=Hub.objects.filter(waiting, retired_at=None), failures=0):
        raise Conflict(_("This hub is not waiting for a retry."))
    audit.record("hub.retry", by=by, subject=hub.title, hub=hub)
    return hub


@transaction.atomic
def restart(*, hub: Hub, by: User) -> Hub:
    """Restart the hub; people's servers continue. Raise Conflict if it is not running."""
    _check_created(hub)
    running = Hub.objects.filter(desired_state=Hub.Desired.RUNNING)
    restarted = wake.want(hub, among=running, restart_at=timezone.now(), status=Hub.Status.UPDATING)
    hub.refresh_from_db()
    if not restarted:
        gone = _("This hub is retired and can’t be restarted.")
        raise Conflict(gone if hub.is_retired else _("This hub is suspended and can’t be restarted."))
    audit.record("hub.restart", by=by, subject=hub.title, hub=hub)
    return hub


@transaction.atomic
def pause(*, hub: Hub, by: User, reason: str) -> Hub:
    """Pause repairs: workers check the hub but change nothing until `unpause`. For staff who test something manually.
    Raise NotAllowed, Invalid without a reason, Conflict if it is already paused or retired."""
    if not by.is_staff:
        raise NotAllowed(_("Only staff can pause repairs of a hub."))
    reason = clean(reason, "reason", needed=_("Enter a reason. Everyone who can manage this hub sees it."))
    able = Hub.objects.alive().filter(paused_at=None)
    if not wake.wake(hub, among=able, paused_at=timezone.now(), paused_by=by, pause_reason=reason):
        raise Conflict(_("This hub is already paused or retired. Nothing was changed."))
    audit.record("hub.pause", by=by, subject=hub.title, hub=hub, note=reason)
    hub.refresh_from_db()
    return hub


@transaction.atomic
def unpause(*, hub: Hub, by: User) -> Hub:
    """Resume repairs; workers undo manual changes. Raise NotAllowed, Conflict."""
    if not by.is_staff:
        raise NotAllowed(_("Only staff can resume repairs of a hub."))
    paused = Hub.objects.exclude(paused_at=None)
    if not wake.wake(hub, among=paused, paused_at=None, paused_by=None, pause_reason="", failures=0):
        raise Conflict(_("Repairs of this hub are not paused."))
    audit.record("hub.unpause", by=by, subject=hub.title, hub=hub)
    hub.refresh_from_db()
    return hub


@transaction.atomic
def set_code(*, hub: Hub, by: User, code: str) -> Hub:
    """Set the Python code that the hub runs at the end of its configuration; "" for none. The code is parsed here, not
    run. Raise NotAllowed except for staff, Invalid by field ("code"), Conflict if nothing would change or the hub is
    retired."""
    if not by.is_staff:
        raise NotAllowed(_("Only staff can edit the code of a hub."))
    code = runnable(code)
    if not wake.want(hub, among=Hub.objects.alive().exclude(extra_config=code), extra_config=code):
        raise Conflict(_("This hub is retired or already has this code. Nothing was changed."))
    audit.record("hub.code", by=by, subject=hub.title, hub=hub, changes={"hub.extraConfig": [hub.extra_config, code]})
    hub.refresh_from_db()
    return hub


def keeps_volumes(hub: Hub) -> bool:
    """Return whether people's volumes are kept for a chosen number of days on retirement; else there is an archive."""
    return hub.cluster.can.volumes


def _decided_days(hub: Hub, keep_days: int | None) -> int | None:
    if not keeps_volumes(hub):
        return None
    days = KEEP_DAYS if keep_days is None else keep_days
    if not 0 <= days <= MOST_DAYS:
        raise Invalid.beside("days", _("Enter 0 to {most} days.", most=number(MOST_DAYS)))
    return days


def _check_typed(hub: Hub, typed: str) -> None:
    if typed.strip() != hub.slug:
        raise Invalid.beside("typed", _("Type {name} to confirm.", name=hub.slug))


@transaction.atomic
def retire(*, hub: Hub, by: User, typed: str, reason: str = "", keep_days: int | None = None) -> ChangeRequest:
    """Retire a hub permanently. `typed` is its address, as confirmation. On a single machine files are archived; in a
    cluster their volumes are deleted after `keep_days` (None: KEEP_DAYS, 0: immediately). Raise Invalid by field
    ("typed", "days"), Conflict if it is already retired."""
    limits.lock(hub.organization)
    hub.refresh_from_db()
    if hub.is_retired:
        raise Conflict(_("This hub is already retired."))
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
    """Submit, approve and apply a retirement. Typing the hub's address confirms it, so no review is needed."""
    sent: dict[str, Any] = {"content_hash": requests.content_hash(request), "policy": {"routine": True, "findings": []}}
    move(request, "submit", State.SUBMITTED, Who.AUTHOR, by=by, submitted_at=timezone.now(), **sent)
    contributors.note(request, by, contributors.Step.SUBMIT)
    days = request.draft.get("keep_days")  # None on a single machine, which has an archive
    move(request, "approve", State.APPROVED, Who.POLICY, by=None, **decided(words=_confirmed(days)))
    releases.carry_out(request=request, by=by)
    return request


def _confirmed(days: int | None) -> str:
    if days is None:
        return _("Confirmed by typing the hub’s address. People’s files are archived.")
    if not days:
        return _("Confirmed by typing the hub’s address. People’s files are deleted.")
    return plural(
        "Confirmed by typing the hub’s address. People’s files are kept for {count} day.",
        "Confirmed by typing the hub’s address. People’s files are kept for {count} days.", days,
    )  # fmt: skip


@transaction.atomic
def delete_files(*, hub: Hub, by: User, typed: str) -> Hub:
    """Delete the volumes of a retired hub now. `typed` is its address. Raise NotAllowed, Invalid, Conflict."""
    if not by.is_staff:
        raise NotAllowed(_("Only staff can delete the archived files of a retired hub."))
    _check_typed(hub, typed)
    kept = Hub.objects.filter(desired_state=Hub.Desired.RETIRED, keep_files_until__gt=timezone.now())
    if not wake.wake(hub, among=kept, keep_files_until=None, failures=0):
        raise Conflict(_("This hub has no archived files any more."))
    audit.record("hub.delete_files", by=by, subject=hub.title, hub=hub)
    hub.refresh_from_db()
    return hub


def _check_paths(values: Draft) -> None:
    if strange := set(values) - set(USER_LIMITS):
        said = _("This is not a user limit.")
        raise Invalid(said, {path: [said] for path in strange})


def _beyond(hub: Hub, values: Draft) -> dict[str, list[str]]:
    """Return which user limits are above the organisation's limits, by field. Raise Invalid for invalid values."""
    _check_paths(values)
    try:
        spec = from_draft({**to_draft(hub.spec), **values})
    except SpecError as error:
        errors = {path if path in values else "": words for path, words in error.errors.items()}
        raise Invalid(_("Some limits are not valid."), errors) from error
    found = limits.assess(spec, hub.organization, hub=hub, before=hub.spec)
    beyond: dict[str, list[str]] = {}
    for finding in found.findings:
        if finding.code.startswith("over:"):
            beyond.setdefault(finding.path, []).append(finding.message)
    return beyond


def beyond_agreement(*, hub: Hub, values: Draft) -> bool:
    """Return whether these user limits are valid but need approval by staff."""
    try:
        return bool(_beyond(hub, values))
    except Invalid:
        return False


@transaction.atomic
def ask_for_more(*, hub: Hub, by: User, values: Draft) -> ChangeRequest:
    """Return a draft of a change with these user limits, to be submitted for review. Raise Invalid, Conflict."""
    _check_paths(values)
    request = requests.begin_change(hub=hub, by=by, values={})
    return requests.save(request=request, by=by, values=values)


@transaction.atomic
def set_user_limits(*, hub: Hub, by: User, values: Draft) -> ChangeRequest:
    """Set user limits within the organisation's limits, without review. They apply the next time a server starts. Raise
    Invalid by field (also for values above the organisation's limits), Conflict."""
    limits.lock(hub.organization)
    hub.refresh_from_db()
    if beyond := _beyond(hub, values):
        raise Invalid(_("These values are above your organisation’s limits. Staff can approve higher limits."), beyond)
    request = requests.begin_change(hub=hub, by=by, values=values)
    return requests.submit(request=request, by=by, own_limits=True)


def look(*, hub: Hub) -> None:
    """Have a worker check the hub soon if its last check is old. Called when its page is viewed; not audited."""
    now, seen, due = timezone.now(), hub.observed_at, hub.reconcile_after
    if (seen is None or seen < now - LOOK_AGAIN) and due and due > now + timedelta(seconds=1):
        wake.look_again([hub.pk])
