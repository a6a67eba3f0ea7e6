"""Scheduled actions of the calendar: create hubs on their first day, remind, suspend after the last day, retire after
the grace period.

A pass may run twice, concurrently, late or never: a unique row or a conditional UPDATE lets one win. It makes a
constant number of queries, plus work for each hub that is due. Hubs with paused repairs are skipped.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from hubs.audit.services import audit
from hubs.days import services as days
from hubs.days.queries import STAGES, WARNING, chosen_zones, grace, local_today, retires_on, today
from hubs.hub.services.hubs import KEEP_DAYS
from hubs.language import _, calendar_day, plural
from hubs.limits.queries import limits
from hubs.live import channel as live
from hubs.models import ChangeRequest, DateNotice, Hub
from hubs.requests.rules import State
from hubs.requests.services import releases
from hubs.wake import want

MOST = 500  # hubs per pass and kind; the rest follows in the next pass
Kind = DateNotice.Kind


def _mine() -> QuerySet[Hub]:
    """Return the hubs with a last day that the calendar may change."""
    return Hub.objects.alive().filter(paused_at=None, ends_on__isnull=False)


def _untold(rows: QuerySet[Hub], kind: DateNotice.Kind) -> QuerySet[Hub]:
    return rows.filter(~Exists(DateNotice.objects.filter(hub=OuterRef("pk"), kind=kind)))


def _rows(rows: QuerySet[Hub]) -> list[Hub]:
    return list(rows.select_related("organization", "cluster").order_by("ends_on", "pk")[:MOST])


def _ranges() -> Iterator[tuple[DateNotice.Kind, int, int]]:
    """Yield (reminder, after, until) in days left for which it is due. After an outage only the nearest reminder is
    sent, not all that were missed."""
    after = -1
    for left, kind in sorted(STAGES.items()):
        yield kind, after, left
        after = left


def _tell(hub: Hub, kind: DateNotice.Kind, now: datetime) -> bool:
    """Record the notice. Return False if another worker was faster."""
    return DateNotice.objects.get_or_create(hub=hub, kind=kind, defaults={"made_at": now})[1]


def _still(hub: Hub, **as_read: object) -> bool:
    """Return whether the hub is as it was read. Locks the row, so that a new last day waits for this notice."""
    return bool(_mine().filter(pk=hub.pk, **as_read).select_for_update().values_list("pk", flat=True))


@transaction.atomic
def _remind(hub: Hub, kind: DateNotice.Kind, now: datetime) -> bool:
    """Return False if the last day was changed in the meantime or another worker was faster."""
    if not _still(hub, ends_on=hub.ends_on, ended_at=None) or not _tell(hub, kind, now):
        return False
    assert hub.ends_on  # noqa: S101 - _mine
    left = (hub.ends_on - today(now, hub.organization)).days
    note = _ends(left, calendar_day(hub.ends_on))
    audit.record("hub.remind", by=None, subject=hub.title, hub=hub, note=note, tell={"notice": kind})
    live.changed_on_commit(hub=hub)
    return True


def _ends(left: int, day: str) -> str:
    if left < 2:
        return _("The hub ends tomorrow, on {day}.", day=day) if left else _("The hub ends today, on {day}.", day=day)
    return plural("The hub ends in {count} day, on {day}.", "The hub ends in {count} days, on {day}.", left, day=day)


def remind(now: datetime) -> int:
    """Send reminders 30, 7 and 1 days before the last day. Return the number of hubs."""
    done, zones = 0, chosen_zones()
    for kind, after, until in _ranges():
        near = {"ends_on__gt": local_today(zones, now, after), "ends_on__lte": local_today(zones, now, until)}
        due = _mine().filter(ended_at=None, **near)
        done += sum(_remind(hub, kind, now) for hub in _rows(_untold(due, kind)))
    return done


@transaction.atomic
def _end(hub: Hub, now: datetime) -> bool:
    due = _mine().filter(pk=hub.pk, ends_on=hub.ends_on, ended_at=None)
    if not due.update(ended_at=now):
        return False
    assert hub.ends_on  # noqa: S101 - _mine
    stopped = want(
        hub, among=Hub.objects.filter(desired_state=Hub.Desired.RUNNING), desired_state=Hub.Desired.SUSPENDED,
        status=Hub.Status.SUSPENDING, stopped_by_end=True,
    )  # fmt: skip
    was = "running" if stopped else "suspended"
    note = _("The last day was {day}.", day=calendar_day(hub.ends_on))
    changes = {"state": [was, "suspended"]} if stopped else {}
    audit.record("hub.end", by=None, subject=hub.title, hub=hub, changes=changes, note=note)
    _tell(hub, Kind.ENDED, now)
    live.changed_on_commit(hub=hub)
    return True


@transaction.atomic
def _begin(hub: Hub) -> bool:
    """Return False if the first day was changed in the meantime or another worker was faster."""
    as_read = Hub.objects.filter(pk=hub.pk, starts_on=hub.starts_on, paused_at=None)
    return bool(as_read.select_for_update().values_list("pk", flat=True)) and days.begin(hub)


def begin(now: datetime) -> int:
    """Create hubs whose first day has come. Return their number."""
    rows = Hub.objects.alive().filter(scheduled=True, paused_at=None)
    due = rows.filter(Q(starts_on=None) | Q(starts_on__lte=local_today(chosen_zones(), now)))
    return sum(_begin(hub) for hub in _rows(due))


def end(now: datetime) -> int:
    """Suspend hubs whose last day is over. Return their number."""
    over = _mine().filter(ended_at=None, ends_on__lt=local_today(chosen_zones(), now))
    return sum(_end(hub, now) for hub in _rows(over))


@transaction.atomic
def _warn(hub: Hub, now: datetime) -> bool:
    if not _still(hub, ended_at=hub.ended_at) or not _tell(hub, Kind.RETIRING, now):
        return False
    assert hub.ended_at  # noqa: S101 - only ended hubs
    day = max(retires_on(hub) or today(now, hub.organization), today(now + WARNING, hub.organization))
    note = _("The hub will be retired on {day} unless it is extended.", day=calendar_day(day))
    audit.record("hub.remind", by=None, subject=hub.title, hub=hub, note=note, tell={"notice": Kind.RETIRING})
    live.changed_on_commit(hub=hub)
    return True


def warn(now: datetime) -> int:
    """Send notice that an ended hub will be retired in a week. Return the number of hubs."""
    near = _mine().filter(ended_at__lte=now - grace() + WARNING)
    return sum(_warn(hub, now) for hub in _rows(_untold(near, Kind.RETIRING)))


def _overdue(now: datetime) -> QuerySet[Hub]:
    """Return ended hubs whose notice is a week old and that have no request awaiting review."""
    told = DateNotice.objects.filter(hub=OuterRef("pk"), kind=Kind.RETIRING, made_at__lte=now - WARNING)
    asked = ChangeRequest.objects.filter(hub=OuterRef("pk"), state=State.SUBMITTED)
    return _mine().filter(Exists(told), ~Exists(asked), ended_at__lte=now - grace())


@transaction.atomic
def _retire(hub: Hub, now: datetime) -> bool:
    limits.lock(hub.organization)
    if not _overdue(now).filter(pk=hub.pk).exists() or not _tell(hub, Kind.RETIRED, now):
        return False
    assert hub.ends_on  # noqa: S101 - _mine
    kept = KEEP_DAYS if hub.cluster.can.volumes else None
    note = _("The last day was {day}, and the hub was not extended.", day=calendar_day(hub.ends_on))
    releases.end_for_good(hub=hub, by=None, keep_days=kept, note=note)
    return True


def retire(now: datetime) -> int:
    """Retire hubs that ended longer ago than the grace period; files are kept for the default time."""
    return sum(_retire(hub, now) for hub in _rows(_overdue(now)))


def look(now: datetime | None = None) -> dict[str, int]:
    """Run one pass of the calendar. Return counts by kind. Notifications are sent from the events."""
    now = now or timezone.now()
    return {
        "begun": begin(now),
        "reminded": remind(now),
        "ended": end(now),
        "warned": warn(now),
        "retired": retire(now),
    }
