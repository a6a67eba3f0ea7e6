"""An iCalendar file (RFC 5545) of whole-day events, for people's calendar applications. Pure: no query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LINE = 75  # octets, without the line break (RFC 5545, 3.1)


@dataclass(frozen=True)
class Event:
    """A whole-day event. `uid` is stable, so that calendars that read the file again replace the event."""

    uid: str
    day: date
    summary: str
    description: str
    url: str


def escaped(text: str) -> str:
    """Return a TEXT value (RFC 5545, 3.3.11). Other control characters are not allowed in a file and become spaces.

    >>> print(escaped("Maths; part 1, again"))
    Maths\\; part 1\\, again
    """
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(letter if letter >= " " and letter != "\x7f" else " " for letter in text)


def folded(line: str) -> str:
    """Return a content line folded to at most 75 octets, not within a character; later lines begin with a space."""
    pieces, now, size = [], "", 0
    for letter in line:
        width = len(letter.encode())
        if size + width > LINE:
            pieces.append(now)
            now, size = " ", 1
        now, size = now + letter, size + width
    return "\r\n".join([*pieces, now])


def _ymd(day: date) -> str:
    """Return eight digits, also for years below 1000, where strftime writes fewer."""
    return day.isoformat().replace("-", "")


def _days(day: date) -> list[str]:
    """Return DTSTART and DTEND (the day after). date.max has no DTEND; without it an event lasts one day."""
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
        "TRANSP:TRANSPARENT",  # does not mark people as busy
        "END:VEVENT",
    ]


def calendar(name: str, events: Iterable[Event], now: datetime) -> str:
    """Return the whole file. `event.url` must be an address of the portal, because it is not escaped."""
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Hub Portal//Hubs//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"X-WR-CALNAME:{escaped(name)}")
    for event in events:
        lines += _event(event, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines)
