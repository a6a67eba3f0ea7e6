"""Audit lines as text, and as a CSV file that is streamed."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Q
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hubs.audit.rules.changed import NAMES, VALUES
from hubs.audit.rules.records import NOT_KEPT
from hubs.language import _, calendar_day, speaking
from hubs.models import AuditEvent, User
from hubs.models.record import AuditEventQuerySet
from hubs.request_context import DEVICE, SESSION
from hubs.spec import FIELDS, Field
from hubs.spec.amounts import amount, decimal
from hubs.spec.diff import gib_text, seconds_text
from hubs.spec.takeaway import safe_cell

DAYS = ("expires", "until")  # what else is a date
DAY, NUMBER = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d+(\.\d+)?")
A_PART, MOST = 500, 100_000  # lines per query, and per file
HEADINGS = ("id", "at", "actor", "actor_name", "verb", "what", "subject", "changes", "note", "organization", "hub",
            "request", "via", "address", "record")  # fmt: skip
MORE = f"This file has only the newest {MOST:,} lines. Filter by date to get the others."


def word(name: str, value: Any) -> str:
    """Return one side of a change as text."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name.endswith("_mib") and isinstance(value, int):
        return gib_text(value)
    if isinstance(value, list):
        return ", ".join(word(name, item) for item in value)
    if isinstance(value, float):
        return decimal(value)
    if isinstance(value, str) and name in FIELDS:
        value = typed(FIELDS[name], value)
    if name in DAYS and DAY.fullmatch(str(value)):
        return calendar_day(date.fromisoformat(str(value)))
    text = str(VALUES.get(name, {}).get(str(value), value))
    return text.replace(NOT_KEPT, _("(not stored, because it looks like a secret)")) if NOT_KEPT in text else text


def typed(field: Field, text: str) -> str:
    """Return a draft's text with its unit, or the label of a choice. Text that is in words already stays as it is."""
    if field.kind in ("bool", "maybe"):
        return {"yes": _("yes"), "no": _("no")}.get(text, text)
    if field.kind == "date" and DAY.fullmatch(text):
        return calendar_day(date.fromisoformat(text))
    if field.unit and NUMBER.fullmatch(text):
        return seconds_text(int(60 * float(text))) if field.kind == "seconds" else amount(float(text), field.unit)
    return str(dict(field.words.choices).get(text, text))


def label(name: str) -> str:
    """Return the label of what changed."""
    if name in NAMES:
        return str(NAMES[name])
    words = str(FIELDS[name].words.label) if name in FIELDS else name.removesuffix("_mib").replace("_", " ")
    return words[:1].upper() + words[1:]


def changes(event: AuditEvent) -> list[tuple[str, str, str]]:
    """Return (label, before, after) of each change of a line."""
    found = []
    for name, change in event.changes.items():
        before, after = change if isinstance(change, list) and len(change) == 2 else ("", change)
        was = word(name, before)
        found.append((label(name), was, word(name, after) or (_("removed") if was else _("nothing"))))
    return found


def who(event: AuditEvent) -> str:
    return event.actor_name or event.actor or "Hub Portal"


def text(event: AuditEvent) -> str:
    """Return the line as a sentence."""
    return event.told(who(event), event.subject)


def html(event: AuditEvent) -> SafeString:
    """Return the line as a sentence, with the user name behind the name."""
    name = format_html("<strong>{}</strong>", who(event))
    if event.actor and event.actor != who(event):
        name = format_html('{} <span class="muted small mono">{}</span>', name, event.actor)
    return event.told_html(name, format_html("<em>{}</em>", event.subject))


def came_from(event: AuditEvent, address: str) -> str:
    """Return the credentials and the address that were used, as far as they are known."""
    if not event.via:
        return _("From {address}", address=address) if address else ""
    if event.via == SESSION:
        return _("In a browser, from {address}", address=address) if address else _("In a browser")
    token, person = _("device code") if event.via == DEVICE else event.via, event.made_by
    if person and address:
        return _("With {token}, created by {person}, from {address}", token=token, person=person, address=address)
    if person:
        return _("With {token}, created by {person}", token=token, person=person)
    if address:
        return _("With {token}, from {address}", token=token, address=address)
    return _("With {token}", token=token)


def details(data: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the parts of a record as (label, lines)."""

    def line(one: Any) -> str:
        if isinstance(one, dict):
            return " · ".join(f"{label(name)}: {word(name, value)}" for name, value in one.items() if word(name, value))
        return word("", one)

    found = []
    for name, value in data.items():
        parts = value if isinstance(value, list) else [value]
        if isinstance(value, dict):
            parts = [f"{label(key)}: {word(key, one)}" for key, one in value.items() if word(key, one)]
        found.append((label(name), [text for text in (line(one) for one in parts) if text]))
    return found


def _cells(event: AuditEvent, reader: User) -> list[str]:
    told = "; ".join(f"{name}: {before} → {after}" if before else f"{name}: {after}"
                     for name, before, after in changes(event))  # fmt: skip
    cells = [
        str(event.pk), event.at.isoformat(timespec="seconds"), event.actor, who(event), event.verb, event.did,
        event.subject, told, event.note, event.organization, event.hub, event.request, event.via,
        event.address_for(reader), "yes" if event.recorded else "",
    ]  # fmt: skip
    return [safe_cell(cell) for cell in cells]


def _written(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


class _Parts:
    """The CSV in parts, newest first, one query per part; `head` returns its headings."""

    def __init__(self, events: AuditEventQuerySet, reader: User) -> None:
        self.events, self.reader = events.order_by("-at", "-pk"), reader
        self.last: AuditEvent | None = None
        self.sent = 0

    def head(self) -> str:
        return "\ufeff" + _written([list(HEADINGS)])  # with a byte order mark, by which spreadsheets recognise UTF-8

    def next(self) -> str:
        """Return the next part, or "" if there is none. Always in English, because programs read it, too."""
        with speaking("en"):
            return self._next()

    def _next(self) -> str:
        rows = self.events
        if self.last:
            rows = rows.filter(Q(at__lt=self.last.at) | Q(at=self.last.at, pk__lt=self.last.pk))
        found = list(rows[:A_PART])
        if not found or self.sent > MOST:
            return ""
        self.last = found[-1]
        self.sent += len(found)
        text = _written([_cells(event, self.reader) for event in found])
        if self.sent >= MOST:
            self.sent = MOST + 1
            text += _written([["", "", "", "", "", MORE]])
        return text


def as_csv(request: HttpRequest, events: AuditEventQuerySet, reader: User, name: str) -> StreamingHttpResponse:
    """Stream these lines as text/csv, at most MOST, with no more than A_PART in memory at once. `name` is the file
    name. Addresses are included only where `reader` may see them."""
    parts = _Parts(events, reader)

    def sync() -> Iterator[str]:
        yield parts.head()
        while text := parts.next():
            yield text

    async def asynchronous() -> AsyncIterator[str]:
        yield parts.head()
        while text := await sync_to_async(parts.next)():
            yield text

    body = asynchronous() if isinstance(request, ASGIRequest) else sync()
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(body, content_type="text/csv; charset=utf-8", headers=headers)
