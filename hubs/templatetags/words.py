"""Times and sizes as text for people. Pure."""

from datetime import UTC, datetime

from hubs.language import _, calendar_day, number, plural

MINUTE, HOUR, DAY = 60, 3600, 86400


def duration_text(seconds: float) -> str:
    """Return seconds as text in at most two units, as in static/js/time.js. The units are the same in all languages.

    >>> [duration_text(s) for s in (0.4, 42, 125, 7260, 90000)]
    ['under 1 s', '42 s', '2 min 5 s', '2 h 1 min', '1 d 1 h']
    """
    if seconds < 1:
        return _("under 1 s")
    whole = int(seconds)
    for size, name, small, small_name in ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{whole} s"


def relative_text(value: datetime, now: datetime) -> str:
    """Return how long ago, or in how long; beyond 30 days the date. As in static/js/time.js.

    >>> from datetime import timedelta
    >>> at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> relative_text(at, at + timedelta(minutes=5)), relative_text(at, at - timedelta(days=2))
    ('5 minutes ago', 'in 2 days')
    """
    seconds = (now - value).total_seconds()
    size = abs(seconds)
    if size < 10:
        return _("just now")
    if size >= 30 * DAY:
        return calendar_day(value.astimezone(UTC))
    unit = next(unit for unit in (DAY, HOUR, MINUTE, 1) if size >= unit)
    return (_ago if seconds > 0 else _ahead)(unit, int(size // unit))


def _ago(unit: int, count: int) -> str:
    if unit == DAY:
        return plural("{count} day ago", "{count} days ago", count)
    if unit == HOUR:
        return plural("{count} hour ago", "{count} hours ago", count)
    if unit == MINUTE:
        return plural("{count} minute ago", "{count} minutes ago", count)
    return plural("{count} second ago", "{count} seconds ago", count)


def _ahead(unit: int, count: int) -> str:
    if unit == DAY:
        return plural("in {count} day", "in {count} days", count)
    if unit == HOUR:
        return plural("in {count} hour", "in {count} hours", count)
    if unit == MINUTE:
        return plural("in {count} minute", "in {count} minutes", count)
    return plural("in {count} second", "in {count} seconds", count)


def exact_text(value: datetime) -> str:
    """
    >>> exact_text(datetime(2026, 3, 1, 9, 5, tzinfo=UTC))
    '1 March 2026, 09:05 UTC'
    """
    moment = value.astimezone(UTC)
    return _("{day}, {time} UTC", day=calendar_day(moment), time=f"{moment:%H:%M}")


def bytes_text(size: float) -> str:
    """
    >>> bytes_text(512), bytes_text(1536), bytes_text(3 * 1024**3)
    ('512 B', '1.5 KiB', '3 GiB')
    """
    size = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(size) < 1024:
            return f"{number(float(f'{size:.4g}'))} {unit}"
        size /= 1024
    return f"{number(float(f'{size:.4g}'))} TiB"
