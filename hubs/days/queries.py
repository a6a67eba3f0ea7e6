"""The days of a hub, and what a page says about them. A day begins and ends at midnight in the time
zone of the organisation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, DateField, Value, When

from hubs.models import DateNotice, Hub, Organization

STAGES = {30: DateNotice.Kind.IN_30, 7: DateNotice.Kind.IN_7, 1: DateNotice.Kind.IN_1}  # days before the last one
NEAR = max(STAGES)
SOON = 7
WARNING = timedelta(days=7)  # so long before it is retired people are told


def today(now: datetime, place: Organization) -> date:
    """Which day it is at this organisation. A moment at the very edge of what can be stored has its day in UTC."""
    return day_in(now, place.zone)


def day_in(moment: datetime, zone: str) -> date:
    try:
        return moment.astimezone(ZoneInfo(zone)).date()
    except OverflowError:
        return moment.date()


def begins(day: date, zone: str) -> datetime:
    """The moment at which this day begins there, in UTC."""
    try:
        return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def ends_after(day: date, zone: str) -> datetime:
    """The moment at which something ends that lasts through this day: midnight after it, in UTC."""
    return begins(day + timedelta(days=1), zone) if day < date.max else datetime.max.replace(tzinfo=UTC)


def last_day(until: datetime, zone: str) -> date:
    """The last whole day of something that ends at this moment."""
    return day_in(until - timedelta(seconds=1), zone)


def local_today(zones: Iterable[str], now: datetime, plus: int = 0) -> Case:
    """The day that it is now where each hub's organisation is, and so many days more, as SQL. `zones`: what
    organisations chose (chosen_zones); at any moment they share three days at most."""
    days: dict[date, list[str]] = {}
    usual = day_in(now, settings.READERS_TIME_ZONE)
    for zone in zones:
        days.setdefault(day_in(now, zone or settings.READERS_TIME_ZONE), []).append(zone)
    days.pop(usual, None)
    more = timedelta(days=plus)
    whens = [When(organization__time_zone__in=names, then=Value(day + more)) for day, names in days.items()]
    return Case(*whens, default=Value(usual + more), output_field=DateField())


def chosen_zones() -> list[str]:
    """The time zones that organisations chose; "" for the portal's. One query."""
    return list(Organization.objects.order_by().values_list("time_zone", flat=True).distinct())


def grace() -> timedelta:
    """How long a hub whose last day is over stays suspended before it is retired."""
    return timedelta(days=settings.END_GRACE_DAYS)


def retires_on(hub: Hub) -> date | None:
    """The day on which it is retired by itself; None when it has not ended."""
    if hub.ended_at is None:
        return None
    try:
        return today(hub.ended_at + grace(), hub.organization)
    except OverflowError:  # a stored moment that no calendar reaches
        return date.max


def zone_text(place: Organization) -> str:
    """The time zone of an organisation's days, as pages name it.

    >>> zone_text(Organization(time_zone="America/New_York"))
    'time zone America/New York'
    """
    return f"time zone {place.zone.replace('_', ' ')}"


def day_text(day: date) -> str:
    """
    >>> day_text(date(2027, 1, 31))
    '31 January 2027'
    """
    return f"{day:%-d %B %Y}"


def in_days(count: int) -> str:
    """
    >>> in_days(0), in_days(1), in_days(12)
    ('today', 'tomorrow', 'in 12 days')
    """
    return {0: "today", 1: "tomorrow"}.get(count, f"in {count} days")


@dataclass(frozen=True)
class Ending:
    """A hub's last day, as far as somebody should know of it now. `ended`: the calendar has found it over."""

    tone: str
    title: str
    text: str
    brief: str  # beside its last day
    short: str  # beside its name in a list
    ended: bool = False


def ending(hub: Hub, now: datetime) -> Ending | None:
    """What to say: from 30 days before the last day until somebody extends it. None for a hub without an end."""
    if hub.ends_on is None:
        return None
    last = day_text(hub.ends_on)
    if hub.is_retired:
        if not hub.ended_at:
            return None
        return Ending("neutral", f"Its last day was {last}", "", "retired", f"ended on {last}", True)
    left = (hub.ends_on - today(now, hub.organization)).days
    if hub.ended_at:
        return _ended(hub, last)
    if left < 0:
        text = "Staff keep it as it is." if hub.paused_at else "It is suspended within the hour. People’s files stay."
        return Ending("warning", f"Its last day was {last}", text, "over", f"ended on {last}")
    if left > NEAR:
        return None
    title = f"Today, {last}, is its last day" if left == 0 else f"It ends {in_days(left)}: {last} is its last day"
    text = "Then it is suspended: nobody can sign in, and everybody’s files are kept. Needed for longer? Extend it."
    tone, brief = "warning" if left <= SOON else "neutral", f"ends {in_days(left)}"
    return Ending(tone, title, text, brief, f"{brief}, on {last}")


def _ended(hub: Hub, last: str) -> Ending:
    title, gone = f"It ended on {last}", retires_on(hub)
    if hub.paused_at or gone is None:
        text = "Staff keep it as it is, so it is not retired meanwhile."
        return Ending("warning", title, text, "ended", f"ended on {last}", True)
    brief = f"ended, will be retired on {day_text(gone)}"
    text = (
        f"So it is suspended. On {day_text(gone)} it is retired for good, unless it is extended before, or a request "
        "waits for staff then."
    )
    return Ending("warning", title, text, brief, f"ended on {last}, will be retired on {day_text(gone)}", True)
