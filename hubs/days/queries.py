"""First and last day of a hub, and how pages present them. A day begins and ends at midnight in the time zone of the
organisation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, DateField, Value, When
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from hubs.language import _, calendar_day, plural
from hubs.models import DateNotice, Hub, Organization
from hubs.spec import HubSpec

STAGES = {30: DateNotice.Kind.IN_30, 7: DateNotice.Kind.IN_7, 1: DateNotice.Kind.IN_1}  # days before the last one
NEAR = max(STAGES)
SOON = 7
WARNING = timedelta(days=7)  # how long before retirement people are notified


def today(now: datetime, place: Organization) -> date:
    """Return the current date at this organisation; in UTC if the time zone would exceed the range of dates."""
    return day_in(now, place.zone)


def day_in(moment: datetime, zone: str) -> date:
    try:
        return moment.astimezone(ZoneInfo(zone)).date()
    except OverflowError:
        return moment.date()


def begins(day: date, zone: str) -> datetime:
    """Return the moment at which this day begins in the zone, in UTC."""
    try:
        return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def ends_after(day: date, zone: str) -> datetime:
    """Return the moment at which this day ends in the zone (midnight after it), in UTC."""
    return begins(day + timedelta(days=1), zone) if day < date.max else datetime.max.replace(tzinfo=UTC)


def last_day(until: datetime, zone: str) -> date:
    """Return the last whole day of a period that ends at this moment."""
    return day_in(until - timedelta(seconds=1), zone)


def local_today(zones: Iterable[str], now: datetime, plus: int = 0) -> Case:
    """Return the current date of each hub's organisation, `plus` days later, as SQL. `zones`: the organisations' zones
    (chosen_zones); at any moment they span at most three dates."""
    days: dict[date, list[str]] = {}
    usual = day_in(now, settings.READERS_TIME_ZONE)
    for zone in zones:
        days.setdefault(day_in(now, zone or settings.READERS_TIME_ZONE), []).append(zone)
    days.pop(usual, None)
    more = timedelta(days=plus)
    whens = [When(organization__time_zone__in=names, then=Value(day + more)) for day, names in days.items()]
    return Case(*whens, default=Value(usual + more), output_field=DateField())


def chosen_zones() -> list[str]:
    """Return the time zones of all organisations; "" for the portal's. One query."""
    return list(Organization.objects.order_by().values_list("time_zone", flat=True).distinct())


def grace() -> timedelta:
    """Return how long an ended hub stays suspended before it is retired."""
    return timedelta(days=settings.END_GRACE_DAYS)


def retires_on(hub: Hub) -> date | None:
    """Return the day on which the hub is retired automatically; None if it has not ended."""
    if hub.ended_at is None:
        return None
    try:
        return today(hub.ended_at + grace(), hub.organization)
    except OverflowError:  # a stored moment near the end of the range of dates
        return date.max


def zone_text(place: Organization) -> str:
    """Return an organisation's time zone, as shown on pages.

    >>> zone_text(Organization(time_zone="America/New_York"))
    'time zone America/New York'
    """
    return _("time zone {zone}", zone=zone_name(place))


def zone_name(place: Organization) -> str:
    """Return the name of an organisation's time zone: "Europe/London"."""
    return place.zone.replace("_", " ")


def day_text(day: date) -> str:
    """
    >>> day_text(date(2027, 1, 31))
    '31 January 2027'
    """
    return calendar_day(day)


def in_days(count: int) -> str:
    """
    >>> in_days(0), in_days(1), in_days(12)
    ('today', 'tomorrow', 'in 12 days')
    """
    if count < 2:
        return _("tomorrow") if count else _("today")
    return plural("in {count} day", "in {count} days", count)


@dataclass(frozen=True)
class Ending:
    """A notice about a hub's last day. `ended`: the calendar has suspended it because the day is over."""

    tone: str
    title: str
    text: str
    brief: str  # beside its last day
    short: str  # beside its name in a list
    ended: bool = False


def ending(hub: Hub, now: datetime) -> Ending | None:
    """Return the notice, from 30 days before the last day until the hub is extended; None before, or without an end."""
    if hub.ends_on is None:
        return None
    last = calendar_day(hub.ends_on)
    was, ended = _("The hub’s last day was {day}", day=last), _("ended on {day}", day=last)
    if hub.is_retired:
        return Ending("neutral", was, "", _("retired"), ended, True) if hub.ended_at else None
    left = (hub.ends_on - today(now, hub.organization)).days
    if hub.ended_at:
        return _ended(hub, last)
    if left < 0:
        text = _("The hub will be suspended within the hour. People’s files are kept.")
        if hub.paused_at:
            text = _("Staff paused repairs of this hub, so it is not suspended for now.")
        return Ending("warning", was, text, _("over"), ended)
    return _near(left, last) if left <= NEAR else None


def _near(left: int, last: str) -> Ending:
    text = _(
        "After that day, the hub is suspended: no one can sign in, and people’s files are kept. Extend it if you need "
        "it for longer."
    )
    if left == 0:
        title, brief = _("Today, {day}, is the hub’s last day", day=last), _("ends today")
        short = _("ends today, on {day}", day=last)
    elif left == 1:
        title, brief = _("The hub ends tomorrow, on {day}", day=last), _("ends tomorrow")
        short = _("ends tomorrow, on {day}", day=last)
    else:
        title = plural(
            "The hub ends in {count} day, on {day}", "The hub ends in {count} days, on {day}", left, day=last
        )
        brief = plural("ends in {count} day", "ends in {count} days", left)
        short = plural("ends in {count} day, on {day}", "ends in {count} days, on {day}", left, day=last)
    return Ending("warning" if left <= SOON else "neutral", title, text, brief, short)


def _ended(hub: Hub, last: str) -> Ending:
    title, gone = _("The hub ended on {day}", day=last), retires_on(hub)
    if hub.paused_at or gone is None:
        text = _("Staff paused repairs of this hub, so it is not retired for now.")
        return Ending("warning", title, text, _("ended"), _("ended on {day}", day=last), True)
    retired = calendar_day(gone)
    brief = _("ended, will be retired on {retired}", retired=retired)
    short = _("ended on {day}, will be retired on {retired}", day=last, retired=retired)
    text = _(
        "The hub is suspended. It will be retired permanently on {retired}, unless it is extended before or a request "
        "needs review by staff on that day.", retired=retired,
    )  # fmt: skip
    return Ending("warning", title, text, brief, short, True)


def waits(spec: HubSpec, now: date) -> bool:
    """Return whether a new hub of this spec is created on a later day."""
    return spec.about.starts is not None and spec.about.starts > now and not spec.about.early


def moment(value: Any) -> datetime | None:
    """Return an aware datetime from a datetime or an RFC 3339 string (as JupyterHub's API has them), else None."""
    found = parse_datetime(value) if isinstance(value, str) else value
    if not isinstance(found, datetime):
        return None
    return found if timezone.is_aware(found) else found.replace(tzinfo=UTC)
