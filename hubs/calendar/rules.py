"""An iCalendar file (RFC 5545) of whole days, for calendars that people use already. Pure: no query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LINE = 75  # octets, without the line break (RFC 5545, 3.1)


@dataclass(frozen=True)
class Event:
    """`uid` stays the same for the same event, so that a calendar that reads the file again replaces it."""

    uid: str
    day: date
    summary: str
    description: str
    url: str


def escaped(text: str) -> str:
    """A TEXT value (RFC 5545, 3.3.11). Other control characters may not stand in a file: they become blanks.

    >>> print(escaped("Maths; part 1, again"))
    Maths\\; part 1\\, again
    """
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(letter if letter >= " " and letter != "\x7f" else " " for letter in text)


def folded(line: str) -> str:
    """A content line in pieces of at most 75 octets, never inside of a character; further ones begin with a blank."""
    pieces, now, size = [], "", 0
    for letter in line:
        width = len(letter.encode())
        if size + width > LINE:
            pieces.append(now)
            now, size = " ", 1
        now, size = now + letter, size + width
    return "\r\n".join([*pieces, now])


def _ymd(day: date) -> str:
    """Eight digits, also for years below 1000, where strftime writes fewer."""
    return day.isoformat().replace("-", "")


def _days(day: date) -> list[str]:
    """DTEND is the first day after it. The last day of all has none: without DTEND an event lasts its day."""
    start = f"DTSTART;VALUE=DATE:{_ymd(day)}"
    return [start, f"DTEND;VALUE=DATE:{_ymd(day + timedelta(days=1))}"] if day < date.max else [start]


def _event(event: Event, stamp: str) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{escaped(event.uid)}",
        f"DTSTAMP:{stamp}",
        *_days(event.day),
        f"SUMMARY:{escaped(event.summary)}",
        f"DESCRIPTION:{escaped(event.description)}",
        f"URL:{event.url}",
        "TRANSP:TRANSPARENT",  # nobody is busy because of it
        "END:VEVENT",
    ]


def calendar(name: str, events: Iterable[Event], now: datetime) -> str:
    """The whole file. `event.url` must be an address of ours: it is written as it is."""
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Hub Portal//Hubs//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"X-WR-CALNAME:{escaped(name)}")
    for event in events:
        lines += _event(event, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines)
