"""What one does with a hub that exists. Each writes what is wanted and wakes the hub; workers do the rest."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from hubs import audit, limits, wake
from hubs.errors import Conflict, Invalid
from hubs.models import ChangeRequest, Hub, User
from hubs.services import requests
from hubs.services.texts import clean
from hubs.spec import Draft, SpecError, from_draft, to_draft

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


def _want(hub: Hub, state: Hub.Desired, status: Hub.Status, source: Hub.Desired) -> None:
    if not Hub.objects.filter(pk=hub.pk, desired_state=source).update(desired_state=state):
        hub.refresh_from_db()
        raise Conflict(f"This hub is already {hub.get_desired_state_display()}. Nothing was changed.")
    wake.wake(hub, status=status, generation=F("generation") + 1, failures=0)
    hub.refresh_from_db()


@transaction.atomic
def suspend(*, hub: Hub, by: User) -> Hub:
    """Stop everything, keep everybody's files. Raises Conflict when it does not run."""
    _want(hub, Hub.Desired.SUSPENDED, Hub.Status.SUSPENDING, Hub.Desired.RUNNING)
    audit.record("hub.suspend", by=by, subject=hub.title, hub=hub, changes={"state": ["running", "suspended"]})
    return hub


@transaction.atomic
def resume(*, hub: Hub, by: User) -> Hub:
    """Start it again as it was. Raises Conflict when it is not suspended."""
    _want(hub, Hub.Desired.RUNNING, Hub.Status.UPDATING, Hub.Desired.SUSPENDED)
    audit.record("hub.resume", by=by, subject=hub.title, hub=hub, changes={"state": ["suspended", "running"]})
    return hub


@transaction.atomic
def retry(*, hub: Hub, by: User) -> Hub:
    """Try again now, instead of later or never. For hubs that are not as they should be; raises Conflict otherwise."""
    waiting = Q(failures__gt=0) | Q(status=Hub.Status.STALLED) | Q(status=Hub.Status.UNKNOWN)
    changed = Hub.objects.filter(waiting, pk=hub.pk, retired_at=None).update(failures=0)
    if not changed:
        raise Conflict("This hub is not waiting for another try.")
    wake.wake(hub)
    audit.record("hub.retry", by=by, subject=hub.title, hub=hub)
    return hub


@transaction.atomic
def retire(*, hub: Hub, by: User, typed: str, reason: str = "") -> ChangeRequest:
    """End a hub for good; people's files go to the archive. `typed` is its address, typed by hand.
    Raises Invalid when that differs, Conflict when it is retired already."""
    limits.lock(hub.organization)
    hub.refresh_from_db()
    if hub.is_retired:
        raise Conflict("This hub is already retired.")
    if typed.strip() != hub.slug:
        complaint = f"Type {hub.slug} to show that you mean this hub."
        raise Invalid(complaint, {"typed": [complaint]})
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
    )
    return requests.submit_retirement(request=request, by=by)


def _beyond(hub: Hub, values: Draft) -> dict[str, list[str]]:
    """What of these user limits is above the agreement, by field. Raises Invalid for what makes no sense."""
    if strange := set(values) - set(USER_LIMITS):
        raise Invalid("That is not a user limit.", {path: ["That is not a user limit."] for path in strange})
    try:
        spec = from_draft({**to_draft(hub.spec), **values})
    except SpecError as error:
        raise Invalid("Some limits need another look.", error.errors) from error
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
    now = timezone.now()
    old = Q(observed_at=None) | Q(observed_at__lt=now - LOOK_AGAIN)
    later = Q(reconcile_after__gt=now + timedelta(seconds=1))
    asked = Hub.objects.filter(old & later, pk=hub.pk).update(reconcile_after=now, wakes=F("wakes") + 1)
    if asked:
        wake.nudge(hub.pk)
