"""Reminders: a request awaiting review, an unfinished draft, a stalled hub, a limit that is nearly used up. Each is an
event, once per subject and period. For last days, see `ending`."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Subquery

from hubs.audit.services import events
from hubs.language import _, plural
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, Event, Hub, Organization
from hubs.requests.rules import State
from hubs.text.sentences import paragraph

FORGOTTEN = timedelta(days=7)
GIVEN_UP = timedelta(days=28)  # no reminder for a draft unchanged for longer; must be less than telling.KEPT
STALLED = timedelta(hours=24)
NEARLY = 0.9  # of a limit
FEW = 5  # hubs: no reminder for lower limits, where one hub of one would cause one each month
MOST = 500  # of each kind per pass
Found = Iterator[tuple[str, Event]]


def stage(waited: timedelta, first: timedelta) -> int:
    """Return how often a reminder was due: once after `first`, and again each time the wait has doubled.

    >>> [stage(timedelta(hours=n), timedelta(hours=24)) for n in (1, 24, 47, 48, 96)]
    [0, 1, 1, 2, 3]
    """
    return 0 if waited < first else int(math.log2(waited / first)) + 1


def _since(moment: datetime, now: datetime) -> tuple[int, int]:
    """Return how long ago: (whole days, 0), or (0, hours) below two days."""
    hours = max(1, int((now - moment) / timedelta(hours=1)))
    return (0, hours) if hours < 48 else (hours // 24, 0)


def _sent(days: int, hours: int) -> str:
    if days:
        return plural("Sent {count} day ago and not reviewed yet.", "Sent {count} days ago and not reviewed yet.", days)
    return plural("Sent {count} hour ago and not reviewed yet.", "Sent {count} hours ago and not reviewed yet.", hours)


def _edited(days: int, hours: int) -> str:
    if days:
        return plural(
            "You last edited this draft {count} day ago. Send it, or withdraw it to delete it.",
            "You last edited this draft {count} days ago. Send it, or withdraw it to delete it.", days,
        )  # fmt: skip
    return plural(
        "You last edited this draft {count} hour ago. Send it, or withdraw it to delete it.",
        "You last edited this draft {count} hours ago. Send it, or withdraw it to delete it.", hours,
    )  # fmt: skip


def _needed(days: int, hours: int) -> str:
    if days:
        return plural(
            "The hub has needed attention for {count} day.", "The hub has needed attention for {count} days.", days
        )
    return plural(
        "The hub has needed attention for {count} hour.", "The hub has needed attention for {count} hours.", hours
    )


def _event(kind: str, subject: str, **facts: Any) -> Event:
    return Event(type=kind, subject=(subject or _("untitled"))[:200], actor_name="Hub Portal", **facts)


def _waiting(now: datetime) -> Found:
    first = timedelta(hours=max(settings.REMIND_HOURS, 0.1))
    rows = ChangeRequest.objects.all().waiting().filter(submitted_at__lte=now - first)
    for row in rows.select_related("organization", "hub")[:MOST]:
        sent = row.submitted_at or now
        times = stage(now - sent, first)
        note = _sent(*_since(sent, now))
        place = {"organization": row.organization.slug, "hub": row.hub.uid if row.hub else "", "request": str(row.uid)}
        told = _event("remind.request", row.title, data={"note": note}, **place)
        yield f"{row.uid} {sent.isoformat()} {times}", told


def _drafts(now: datetime) -> Found:
    rows = ChangeRequest.objects.filter(state__in=[State.DRAFT], updated_at__lte=now - FORGOTTEN)
    rows = rows.filter(updated_at__gt=now - GIVEN_UP).select_related("organization").order_by("updated_at", "pk")
    for row in rows[:MOST]:
        note = _edited(*_since(row.updated_at, now))
        subject = row.name[:200]
        place = {"organization": row.organization.slug, "request": str(row.uid)}
        yield (
            f"{row.uid} {row.updated_at.isoformat()}",
            Event(type="remind.draft", subject=subject, data={"note": note}, **place),
        )


def _stalled(now: datetime) -> Found:
    began = Event.objects.filter(type="hub.stalled", hub=OuterRef("uid")).order_by("-pk").values("at")[:1]
    rows = Hub.objects.alive().filter(status=Hub.Status.STALLED, paused_at=None).annotate(began=Subquery(began))
    for row in rows.filter(began__lte=now - STALLED).select_related("organization").order_by("pk")[:MOST]:
        since: datetime = row.began  # type: ignore[attr-defined]  # annotated
        times = stage(now - since, STALLED)
        why = next((c.get("message", "") for c in row.conditions if c.get("type") == "Stalled"), "")
        needed = _needed(*_since(since, now))
        note = paragraph([needed, why])
        place = {"organization": row.organization.slug, "hub": row.uid}
        yield (
            f"{row.uid} {since.isoformat()} {times}",
            Event(type="remind.stalled", subject=row.title[:200], data={"note": note}, **place),
        )


def _limits(now: datetime) -> Found:
    """Once a month for each limit, and again when staff change it."""
    places = list(Organization.objects.order_by("pk"))
    found = limits.ledgers(places, now)
    for row in places:
        for meter in limits.standing(row, found[row.pk]):
            few = meter.name == "hubs" and meter.limit < FEW
            if few or meter.limit <= 0 or meter.used < NEARLY * meter.limit:
                continue
            note = _(
                "{limit}: {used} of {most} are allocated. Retire hubs that are not needed, or ask staff for a higher "
                "limit.", limit=meter.label, used=meter.used_text, most=meter.limit_text,
            )  # fmt: skip
            told = {"organization": row.slug, "data": {"note": note}}
            yield f"{row.slug} {meter.name} {meter.limit} {now:%Y-%m}", _event("remind.limit", row.name, **told)


def look(now: datetime) -> int:
    """Emit reminders that are due. Return the number of new ones. A constant number of queries."""
    return sum(events.emit_once(found(now)) for found in (_waiting, _drafts, _stalled, _limits))
