"""Numbers and times as text for people. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

MINUTE, HOUR, DAY = 60, 3600, 86400


def count_text(number: int, one: str, many: str) -> str:
    """
    >>> count_text(1, "hub", "hubs")
    '1 hub'
    """
    return f"{number:,} {one if number == 1 else many}"


def duration_text(seconds: float) -> str:
    """Return seconds as text in at most two units, as in static/js/time.js.

    >>> [duration_text(s) for s in (0.4, 42, 125, 7260, 90000)]
    ['under 1 s', '42 s', '2 min 5 s', '2 h 1 min', '1 d 1 h']
    """
    if seconds < 1:
        return "under 1 s"
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
        return "just now"
    if size >= 30 * DAY:
        return f"{value.astimezone(UTC):%-d %B %Y}"
    units = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))
    unit, name = next(pair for pair in units if size >= pair[0])
    text = count_text(int(size // unit), name, name + "s")
    return f"{text} ago" if seconds > 0 else f"in {text}"


def exact_text(value: datetime) -> str:
    """
    >>> exact_text(datetime(2026, 3, 1, 9, 5, tzinfo=UTC))
    '1 March 2026, 09:05 UTC'
    """
    return f"{value.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def bytes_text(number: float) -> str:
    """
    >>> bytes_text(512), bytes_text(1536), bytes_text(3 * 1024**3)
    ('512 B', '1.5 KiB', '3 GiB')
    """
    size = float(number)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(size) < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} TiB"


def list_text(items: Sequence[object]) -> str:
    """
    >>> list_text(["a", "b", "c"])
    'a, b and c'
    """
    words = [str(item) for item in items]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
