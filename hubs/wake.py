"""The only module that writes the desired state of a hub, and that sends tasks to the workers: reconcile a hub, test an
image. The row already has the desired state, so a lost message only delays work until the next tick."""

import logging
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils import timezone

from hubs.live import broker
from hubs.models import Hub

from .live import channel as live
from .live.connecting import breaker

log = logging.getLogger(__name__)
RECONCILE, PROBE = "provisioning.reconcile", "provisioning.probe_image"
PROBE_EXPIRES = 5  # seconds; the next tick sends another
# The status of a running hub whose configuration changes; a stopped hub keeps its status.
UPDATING = Case(
    When(desired_state=Hub.Desired.RUNNING, scheduled=False, then=Value(Hub.Status.UPDATING.value)),
    default=F("status"),
)


def _send(task: str, row_id: int, **options: float | None) -> bool:
    if breaker.open:
        return False
    try:
        with breaker.watch():
            broker.send(task, args=[row_id], **options)
    except Exception as error:  # kombu raises its transports' own errors
        log.warning("could not send %s %s (%s); the next tick will", task, row_id, type(error).__name__)
        return False
    return True


def nudge(hub_id: int, *, countdown: float = 0) -> bool:
    """Send a task to reconcile a hub. Return False if the broker is unreachable: the next tick finds the row."""
    return _send(RECONCILE, hub_id, countdown=countdown or None)


def probe(image_id: int) -> None:
    """Send a task, on commit, to test an image of the catalogue whose row says "asked", or to check its running test.
    If the broker is unreachable, the next tick finds the row."""
    transaction.on_commit(lambda: _send(PROBE, image_id, expires=PROBE_EXPIRES))


def wake(hub: Hub, *, among: QuerySet[Hub] | None = None, **changes: object) -> bool:
    """Write these columns in the caller's transaction, and reconcile the hub now. Return False, without any effect, if
    the row is not in `among`.

    It is one UPDATE, so one of two concurrent calls wins. The raised `wakes` makes a worker that holds the hub's lease
    drop its own time for the next pass.
    """
    rows = (Hub.objects.all() if among is None else among).filter(pk=hub.pk)
    if not rows.update(reconcile_after=timezone.now(), wakes=F("wakes") + 1, **changes):
        return False
    transaction.on_commit(lambda: nudge(hub.pk))
    live.changed_on_commit(hub=hub)
    return True


def want(hub: Hub, *, among: QuerySet[Hub] | None = None, **changes: object) -> bool:
    """Change the desired state: as `wake`, with a new generation and no failures. A `status` in the changes is shown
    until the next reconciliation (docs/decisions/055)."""
    return wake(hub, among=among, generation=F("generation") + 1, failures=0, **changes)


def look_again(hub_ids: Iterable[int]) -> int:
    """Reconcile these hubs now, without a change of their desired state, and return how many rows were updated. One
    UPDATE, and on commit one message each."""
    ids = list(hub_ids)
    now = timezone.now()
    changed = Hub.objects.filter(pk__in=ids).update(reconcile_after=now, wakes=F("wakes") + 1) if ids else 0
    transaction.on_commit(lambda: _nudge_all(ids))
    return changed


def _nudge_all(ids: list[int]) -> None:
    for hub_id in ids:
        if not nudge(hub_id):
            break  # the broker is unreachable: the next tick finds the rows
