"""Events: inbox, email and webhooks all read the rows that are written here.

An audit line is an event, too, if its verb has one; workers add the status changes of hubs that they observe. Called
inside the write's own transaction. Callers never pass the values of secrets.
"""

import logging
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from hubs.audit.rules.verbs import described
from hubs.live import broker
from hubs.live.connecting import breaker
from hubs.models import Event, Hub

log = logging.getLogger(__name__)
ONCE = uuid.UUID("5f6b0b0e-2d3c-4f57-9f6e-1a5f0f0d7c11")  # namespace for the ids of events that occur once (emit_once)
TELL = "portal.tell"  # the task that dispatches events
MAIL = "portal.mail"  # the task that sends the emails made from them
DELIVER = "portal.deliver"  # the task that sends webhook deliveries

# Hub status observed by a worker -> event type. Statuses such as "Updating" lead to one of these.
BECAME = {
    Hub.Status.READY: "hub.ready",
    Hub.Status.STALLED: "hub.stalled",
    Hub.Status.UNKNOWN: "hub.unknown",
    Hub.Status.SUSPENDED: "hub.suspended",
    Hub.Status.RETIRED: "hub.retired",
}


def emit(kind: str, *, subject: str, **facts: Any) -> Event | None:
    """Create one event, dispatched after this transaction. `facts` are fields of Event. Return None for a verb that
    has no event.

    The message to the workers may be lost: the periodic task then finds the row.
    """
    if described(kind).event is None:
        return None
    made = Event.objects.create(type=kind, subject=subject if len(subject) <= 200 else subject[:200], **facts)
    transaction.on_commit(nudge)
    return made


def emit_once(found: Iterable[tuple[str, Event]]) -> int:
    """Create events that would be found repeatedly: pairs of (key, unsaved event). The first event of each key counts,
    as long as events are stored (webhooks.services.telling.KEPT). One INSERT; return the number of new events."""
    rows = []
    for key, event in found:
        event.uid = uuid.uuid5(ONCE, f"{event.type} {key}")
        rows.append(event)
    known = set(Event.objects.filter(uid__in=[row.uid for row in rows]).values_list("uid", flat=True))
    new = [row for row in rows if row.uid not in known]
    Event.objects.bulk_create(new, ignore_conflicts=True)  # another worker may have found it in the meantime
    if new:
        transaction.on_commit(nudge)
    return len(new)


def became(hub: Hub, before: str, status: str, *, why: str, request_id: str) -> Event | None:
    """Emit the event of a status that differs from `before`, as a worker observed it."""
    kind = BECAME.get(Hub.Status(status), "") if status != before else ""
    data = {"from": before, "to": status, "note": why}
    place = {"organization": hub.organization.slug, "hub": hub.uid}
    return emit(kind, subject=hub.title, data=data, request_id=request_id, **place)


def nudge(task: str = TELL) -> None:
    """Ask a worker to dispatch pending events, or to run another such task. Never raises."""
    if breaker.open:
        return
    try:
        with breaker.watch():
            broker.send(task, expires=60)
    except Exception as error:  # kombu raises its transports' own errors
        log.info("could not queue %s (%s); the periodic task will run it", task, type(error).__name__)
