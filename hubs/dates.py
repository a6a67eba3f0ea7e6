"""The days of a hub, and what a page says about them. Pure: no query. Days are UTC, as everywhere in the portal."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings

from hubs.models import DateNotice, Hub

STAGES = {30: DateNotice.Kind.IN_30, 7: DateNotice.Kind.IN_7, 1: DateNotice.Kind.IN_1}  # days before the last one
NEAR = max(STAGES)
SOON = 7
WARNING = timedelta(days=7)  # so long before it is retired people are told


def today(now: datetime) -> date:
    return now.astimezone(UTC).date()


def grace() -> timedelta:
    """How long a hub whose last day is over stays suspended before it is retired."""
    return timedelta(days=settings.END_GRACE_DAYS)


def retires_on(hub: Hub) -> date | None:
    """The day on which it is retired by itself; None when it has not ended."""
    return today(hub.ended_at + grace()) if hub.ended_at else None


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
    left = (hub.ends_on - today(now)).days
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
