"""What is wanted of a hub is written here, and nowhere else; and the only calls from hubs to the workers: "look at this
hub", "look into this image". The row already says what is wanted, so a lost message costs one tick and never a hub."""

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
PROBE_EXPIRES = 5  # seconds; the next tick asks again
# The status of a hub whose servers are about to change; one that does not run changes nothing that anybody sees.
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
        log.warning("could not send %s %s (%s); the tick will", task, row_id, type(error).__name__)
        return False
    return True


def nudge(hub_id: int, *, countdown: float = 0) -> bool:
    """Ask a worker to look. False when the broker is away: the tick will find the row."""
    return _send(RECONCILE, hub_id, countdown=countdown or None)


def probe(image_id: int) -> None:
    """Ask a worker to look into an image of the catalogue whose row says "asked", or at its probe that runs, as soon as
    the caller's transaction is over. When the broker is away, the tick finds the row."""
    transaction.on_commit(lambda: _send(PROBE, image_id, expires=PROBE_EXPIRES))


def wake(hub: Hub, *, among: QuerySet[Hub] | None = None, **changes: object) -> bool:
    """Look at the hub now, with these columns written; inside the caller's transaction. Nothing happens, and the answer
    is False, when the row is not (or no longer) `among` those for which it makes sense.

    One UPDATE, so of two clicks at once one wins: `wakes` tells a worker that holds the hub that its own "next look" no
    longer counts.
    """
    rows = (Hub.objects.all() if among is None else among).filter(pk=hub.pk)
    if not rows.update(reconcile_after=timezone.now(), wakes=F("wakes") + 1, **changes):
        return False
    transaction.on_commit(lambda: nudge(hub.pk))
    live.changed_on_commit(hub=hub)
    return True


def want(hub: Hub, *, among: QuerySet[Hub] | None = None, **changes: object) -> bool:
    """Something else is wanted of the hub from now on: as `wake`, with a new generation that is tried from the start.
    A `status` among the changes is what pages show until reconcile has looked (docs/decisions/055)."""
    return wake(hub, among=among, generation=F("generation") + 1, failures=0, **changes)


def look_again(hub_ids: Iterable[int]) -> int:
    """Look at these hubs now, though nothing else is wanted of them; returns how many. One UPDATE, a message each (once
    the caller's transaction, if there is one, is over)."""
    ids = list(hub_ids)
    now = timezone.now()
    changed = Hub.objects.filter(pk__in=ids).update(reconcile_after=now, wakes=F("wakes") + 1) if ids else 0
    transaction.on_commit(lambda: _nudge_all(ids))
    return changed


def _nudge_all(ids: list[int]) -> None:
    for hub_id in ids:
        if not nudge(hub_id):
            break  # the broker is away: the tick finds the rows
