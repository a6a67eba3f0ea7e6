"""What others may hear of: inbox, mail and webhooks all read the rows that are written here.

An audit line is an event, too, unless it is a person's own affair; workers add what they see happen to hubs. Called
inside the write's own transaction. Values of secrets never come here.
"""

import logging
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from hubs.live import broker
from hubs.live import channel as live
from hubs.models import Event, Hub

log = logging.getLogger(__name__)
ONCE = uuid.UUID("5f6b0b0e-2d3c-4f57-9f6e-1a5f0f0d7c11")  # names what is told once (emit_once)
TELL = "portal.tell"  # the task that hands events out
MAIL = "portal.mail"  # ... and the one that sends the mails that were made of them
DELIVER = "portal.deliver"  # ... and the one that asks the addresses of webhooks

# type -> what happened, as a subscriber reads it. What is not here stays between the portal and its audit.
TYPES: dict[str, dict[str, str]] = {
    "Requests": {
        "request.submit": "A request was sent",
        "request.take_back": "A request was taken back",
        "request.withdraw": "A request was withdrawn",
        "request.approve": "A request was approved",
        "request.send_back": "A request was returned for changes",
        "request.reject": "A request was rejected",
        "request.supersede": "A request was overtaken",
        "request.comment": "Somebody commented on a request",
    },
    "What happens to hubs": {
        "hub.ready": "A hub became ready",
        "hub.stalled": "A hub needs somebody to look",
        "hub.unknown": "A hub can’t be seen, because its cluster does not answer",
        "hub.suspended": "A hub is suspended",
        "hub.retired": "A hub is gone",
        "hub.content": "The repository of a hub could not be copied into homes",
    },
    "What people do with hubs": {
        "hub.create": "A hub was agreed and is being made",
        "hub.change": "A change of a hub was agreed",
        "hub.begin": "A hub was created on its first day",
        "hub.suspend": "Somebody suspended a hub",
        "hub.resume": "Somebody resumed a hub",
        "hub.retire": "Somebody retired a hub",
        "hub.remind": "The last day of a hub is near",
        "hub.end": "The last day of a hub is over",
        "hub.retry": "Somebody asked for another try",
        "hub.restart": "Somebody restarted a hub",
        "hub.secrets": "Secrets of a hub were rotated",
        "hub.start_server": "Somebody’s server was started for them",
        "hub.stop_server": "Somebody’s server was stopped",
        "hub.stop_servers": "All servers of a hub were stopped",
        "hub.pause": "Staff paused the repair of a hub",
        "hub.unpause": "Staff ended the pause of a hub",
        "hub.code": "Staff changed the code of a hub",
        "hub.delete_files": "The kept files of a hub were deleted",
        "hub.starting_point": "A newer version of a starting point was declined",
        "domain.add": "An own name was asked for",
        "domain.prove": "An own name was proven",
        "domain.use": "A hub moved to its own name",
        "domain.warn": "The proof of an own name is missing",
        "domain.lapse": "An own name was given up",
        "domain.remove": "An own name was removed",
        "content_link.save": "A content link was kept with a hub",
        "content_link.remove": "A content link was removed from a hub",
    },
    "People and limits": {
        "roster.add": "People got access to a hub",
        "roster.role": "Somebody’s access to a hub changed",
        "roster.remove": "People lost access to a hub",
        "limit.set": "User limits were set",
        "limit.change": "User limits changed",
        "limit.ask": "More than was agreed was asked for",
        "limit.allow": "Staff allowed more",
        "limit.decline": "Staff declined to allow more",
        "limit.end": "User limits ended",
        "limit.run_out": "User limits ran out",
        "limit.import": "User limits came from a file",
        "member.invite": "Somebody was invited",
        "member.revoke": "An invitation was withdrawn",
        "member.join": "Somebody joined the organisation",
        "member.role": "Somebody’s role changed",
        "member.remove": "Somebody was removed",
    },
    "Reminders": {
        "remind.request": "A request has waited for staff for long",
        "remind.draft": "A draft was forgotten",
        "remind.stalled": "A hub still needs somebody to look",
        "remind.limit": "A limit of the organisation is nearly used up",
    },
    "The organisation": {
        "organization.create": "The organisation was made",
        "organization.limits": "The organisation’s limits changed",
        "organization.cluster": "New hubs go to another cluster",
        "organization.time_zone": "The organisation’s time zone changed",
        "registry.set": "The password of a registry was set",
        "registry.remove": "The password of a registry was removed",
        "image.create": "An image was added to the catalogue",
        "image.change": "An image of the catalogue changed",
        "image.withdraw": "An image was withdrawn from the catalogue",
        "image.offer": "An image is offered again",
        "webhook.paused": "A webhook was paused, because nothing arrived",
    },
}
# What only the person whose account it is hears of (hubs.notify.rules.audience, kind "security"); never a webhook.
PERSONAL: dict[str, str] = {
    "account.place": "Somebody signed in from a new place",
    "account.password": "The password was changed",
    "account.email": "The e-mail address was changed",
    "account.staff": "The staff rights changed",
    "token.create": "A token was made",
    "device.allow": "A program was allowed to fetch a token",
}
KNOWN: dict[str, str] = {kind: words for group in TYPES.values() for kind, words in group.items()}

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
    if kind not in KNOWN and kind not in PERSONAL:
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
    if live.breaker.open:
        return
    try:
        with live.breaker.watch():
            broker.send(task, expires=60)
    except Exception as error:  # kombu raises its transports' own errors
        log.info("could not ask for %s (%s); the tick will", task, type(error).__name__)
