"""When somebody may be written to: quiet hours and the hour of the daily mail, by the reader's own clock. Pure.

Local times that a change of the clocks skips or repeats mean what the standard library says (PEP 495): the mail comes
an hour off on that day, and once.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

DIGEST = time(7)  # the daily mail
NIGHT = (time(20), time(7))  # what a person is offered as quiet hours


@cache
def zones() -> tuple[str, ...]:
    """Places whose clocks people know, by name; without what is there for old computers only."""
    kept = {
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix"))
    }
    return ("UTC", *sorted(kept))


def is_zone(name: str) -> bool:
    return name in zones()


def open_at(now: datetime, zone: str, start: time | None, end: time | None) -> datetime:
    """The first moment from `now` on that is not quiet. `start` = `end`, or None: nothing is quiet.

    >>> open_at(datetime(2027, 1, 4, 22, tzinfo=UTC), "Europe/Berlin", time(20), time(7))
    datetime.datetime(2027, 1, 5, 6, 0, tzinfo=datetime.timezone.utc)
    """
    if start is None or end is None or start == end:
        return now
    local = now.astimezone(ZoneInfo(zone))
    clock = local.time().replace(tzinfo=None)
    if start < end:
        quiet, day = start <= clock < end, local.date()
    else:
        quiet, day = clock >= start or clock < end, local.date() + timedelta(days=clock >= start)
    return datetime.combine(day, end, ZoneInfo(zone)).astimezone(UTC) if quiet else now


def digest_day(now: datetime, zone: str) -> date:
    """The day whose daily mail is due or was: today from 7:00 on, else yesterday, where the reader is."""
    local = now.astimezone(ZoneInfo(zone))
    return local.date() if local.time() >= DIGEST else local.date() - timedelta(days=1)


def digest_at(day: date, zone: str) -> datetime:
    return datetime.combine(day, DIGEST, ZoneInfo(zone)).astimezone(UTC)
