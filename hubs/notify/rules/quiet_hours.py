"""When emails may be sent: quiet hours and the hour of the daily email, in the reader's time zone. Pure.

Local times that a daylight saving change skips or repeats are resolved by the standard library (PEP 495): on that day
the email is an hour early or late, and is sent once.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

DIGEST = time(7)  # the daily email
NIGHT = (time(20), time(7))  # the suggested quiet hours


@cache
def zones() -> tuple[str, ...]:
    """Return the names of time zones to choose from, without legacy aliases."""
    kept = {
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix"))
    }
    return ("UTC", *sorted(kept))


@cache
def offered() -> tuple[str, ...]:
    """Return the time zones to offer: those of the tz database's table of countries, without the older names that still
    work (Asia/Calcutta, US/Pacific). All of `zones` if that table is missing."""
    try:
        table = (files("tzdata.zoneinfo") / "zone.tab").read_text(encoding="utf-8")
    except (ModuleNotFoundError, OSError):
        return zones()
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return ("UTC", *sorted({row[2] for row in rows} & set(zones())))


def is_zone(name: str) -> bool:
    return name in zones()


def open_at(now: datetime, zone: str, start: time | None, end: time | None) -> datetime:
    """Return the first moment from `now` on outside quiet hours. `start` = `end`, or None: there are no quiet hours.

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


def digest_time(start: time | None, end: time | None) -> time:
    """Return when the daily email is sent: at 7:00, or at the end of quiet hours that contain it.

    >>> digest_time(time(18), time(8)), digest_time(time(20), time(7))
    (datetime.time(8, 0), datetime.time(7, 0))
    """
    if start is None or end is None or start == end:
        return DIGEST
    begun, lasts = start <= DIGEST, end > DIGEST
    quiet = begun and lasts if start < end else begun or lasts
    return end if quiet else DIGEST


def digest_day(now: datetime, zone: str) -> date:
    """Return the day of the latest daily email: today from 7:00 on, else yesterday, in the reader's time zone."""
    local = now.astimezone(ZoneInfo(zone))
    return local.date() if local.time() >= DIGEST else local.date() - timedelta(days=1)


def digest_at(day: date, zone: str) -> datetime:
    return datetime.combine(day, DIGEST, ZoneInfo(zone)).astimezone(UTC)
