"""What others may hear of: inbox, mail and webhooks all read the rows that are written here.

An audit line is an event, too, unless it is a person's own affair; workers add what they see happen to hubs. Called
inside the write's own transaction. Values of secrets never come here.
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
ONCE = uuid.UUID("5f6b0b0e-2d3c-4f57-9f6e-1a5f0f0d7c11")  # names what is told once (emit_once)
TELL = "portal.tell"  # the task that hands events out
MAIL = "portal.mail"  # ... and the one that sends the mails that were made of them
DELIVER = "portal.deliver"  # ... and the one that asks the addresses of webhooks

# What a worker saw a hub become: status -> type. "Updating" and the like are on their way to one of these.
BECAME = {
    Hub.Status.READY: "hub.ready",
    Hub.Status.STALLED: "hub.stalled",
    Hub.Status.UNKNOWN: "hub.unknown",
    Hub.Status.SUSPENDED: "hub.suspended",
    Hub.Status.RETIRED: "hub.retired",
}


def emit(kind: str, *, subject: str, **facts: Any) -> Event | None:
    """One event, handed out once this transaction is over. `facts` are fields of Event. None for what is not told.

    The message to the workers may be lost: the tick finds the row.
    """
    if not described(kind).event:
        return None
    made = Event.objects.create(type=kind, subject=subject[:200], **facts)
    transaction.on_commit(nudge)
    return made


def emit_once(found: Iterable[tuple[str, Event]]) -> int:
    """The same for what would be found again and again: (key, event not yet kept). The first of each key counts, as
    long as it is remembered (webhooks.services.telling.KEPT). One INSERT; returns how many were new."""
    rows = []
    for key, event in found:
        event.uid = uuid.uuid5(ONCE, f"{event.type} {key}")
        rows.append(event)
    known = set(Event.objects.filter(uid__in=[row.uid for row in rows]).values_list("uid", flat=True))
    new = [row for row in rows if row.uid not in known]
    Event.objects.bulk_create(new, ignore_conflicts=True)  # another worker may have found it meanwhile
    if new:
        transaction.on_commit(nudge)
    return len(new)


def became(hub: Hub, before: str, status: str, *, why: str, request_id: str) -> Event | None:
    """A worker saw another status than the one that was there `before`."""
    kind = BECAME.get(Hub.Status(status), "") if status != before else ""
    data = {"from": before, "to": status, "note": why}
    place = {"organization": hub.organization.slug, "hub": hub.uid}
    return emit(kind, subject=hub.title, data=data, request_id=request_id, **place)


def nudge(task: str = TELL) -> None:
    """Ask a worker to hand out what waits, or to do another such task. Never raises."""
    if breaker.open:
        return
    try:
        with breaker.watch():
            broker.send(task, expires=60)
    except Exception as error:  # kombu raises its transports' own errors
        log.info("could not ask for %s (%s); the tick will", task, type(error).__name__)
