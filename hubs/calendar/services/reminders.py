"""Reminders: a request awaiting review, an unfinished draft, a stalled hub, a limit that is nearly used up. Each is an
event, once per subject and period. For last days, see `ending`."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Subquery

from hubs.audit.services import events
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, Event, Hub, Organization
from hubs.requests.rules import State
from hubs.templatetags.words import count_text

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


def _since(moment: datetime, now: datetime) -> str:
    """Return how long ago, in days, or in hours below two days."""
    hours = max(1, int((now - moment) / timedelta(hours=1)))
    return count_text(hours, "hour", "hours") if hours < 48 else count_text(hours // 24, "day", "days")


def _event(kind: str, subject: str, **facts: Any) -> Event:
    return Event(type=kind, subject=(subject or "untitled")[:200], actor_name="Hub Portal", **facts)


def _waiting(now: datetime) -> Found:
    first = timedelta(hours=max(settings.REMIND_HOURS, 0.1))
    rows = ChangeRequest.objects.all().waiting().filter(submitted_at__lte=now - first)
    for row in rows.select_related("organization", "hub")[:MOST]:
        sent = row.submitted_at or now
        times = stage(now - sent, first)
        note = f"Sent {_since(sent, now)} ago and not reviewed yet."
        place = {"organization": row.organization.slug, "hub": row.hub.uid if row.hub else "", "request": str(row.uid)}
        told = _event("remind.request", row.title, data={"note": note}, **place)
        yield f"{row.uid} {sent.isoformat()} {times}", told


def _drafts(now: datetime) -> Found:
    rows = ChangeRequest.objects.filter(state__in=[State.DRAFT], updated_at__lte=now - FORGOTTEN)
    rows = rows.filter(updated_at__gt=now - GIVEN_UP).select_related("organization").order_by("updated_at", "pk")
    for row in rows[:MOST]:
        note = f"You last edited this draft {_since(row.updated_at, now)} ago. Send it, or withdraw it to delete it."
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
        note = f"The hub has needed attention for {_since(since, now)}. {why}".strip()
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
            used = f"{meter.label}: {meter.used_text} of {meter.limit_text} are allocated."
            note = f"{used} Retire hubs that are not needed, or ask staff for a higher limit."
            told = {"organization": row.slug, "data": {"note": note}}
            yield f"{row.slug} {meter.name} {meter.limit} {now:%Y-%m}", _event("remind.limit", row.name, **told)


def look(now: datetime) -> int:
    """Emit reminders that are due. Return the number of new ones. A constant number of queries."""
    return sum(events.emit_once(found(now)) for found in (_waiting, _drafts, _stalled, _limits))
