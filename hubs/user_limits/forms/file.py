"""User-limit rules as a file: download, and the form for an import."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from hubs.days.queries import ends_after, last_day
from hubs.language import _, lazy, plural
from hubs.models import UserLimit
from hubs.spec.takeaway import plain_cell, safe_cell
from hubs.user_limits.rules import EVERYBODY, MEASURES, PERSON
from hubs.user_limits.services.file import Complaint, Line
from hubs.user_limits.services.rules import Wanted

from .rules import MOST_REASON, as_kept, number

COLUMNS = {  # column of a file -> measure
    "memory_gib": "memory_mib", "cpu": "cpu", "gpus": "gpus", "storage_gib": "storage_mib", "servers": "servers",
}  # fmt: skip
HEADINGS = ("for", "name", *COLUMNS, "last_day", "reason")
EVERYONE = "everyone"  # in a file, as on pages; the API's word is accepted, too
LARGEST, MOST_LINES = 1024 * 1024, 5000  # bytes, lines


def as_csv(rules: Iterable[UserLimit], zone: str) -> str:
    """Return active rules as CSV, one per line, for `lines_of`. Last days are in the time zone."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for rule in rules:
        values = rule.values
        cells = [MEASURES[name].written(values.get(name)) for name in COLUMNS.values()]
        day = last_day(rule.until, zone) if rule.until else None
        kind = EVERYONE if rule.kind == EVERYBODY else rule.kind
        writer.writerow(
            [safe_cell(cell) for cell in (kind, rule.written, *cells, day.isoformat() if day else "", rule.reason)]
        )
    return out.getvalue()


def _line(number_of: int, cells: Mapping[str, str], zone: str) -> tuple[Line, list[str]]:
    """Return (what could be read, sentences about what could not)."""
    wrong, values = list[str](), {}
    for column, name in COLUMNS.items():
        try:
            value = number(MEASURES[name], cells.get(column, ""))
        except ValidationError as error:
            wrong.append(f"{column}: {error.messages[0]}")
            continue
        if value is not None:
            values[name] = as_kept(name, value)
    day = None
    if text := cells.get("last_day", ""):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            wrong.append("last_day: " + _("Enter a date, such as 2026-10-31."))
    reason = cells.get("reason", "")
    if len(reason) > MOST_REASON:
        wrong.append("reason: " + plural("At most {count} character.", "At most {count} characters.", MOST_REASON))
    kind = cells.get("for", "").strip().lower() or (PERSON if cells.get("name") else "")
    wanted = Wanted(values, ends_after(day, zone) if day else None, reason)
    return Line(number_of, EVERYBODY if kind == EVERYONE else kind, cells.get("name", ""), wanted), wrong


def _headings(cells: Iterable[str]) -> list[str]:
    """Return the headings. Raise ValidationError."""
    headings = [cell.strip().lower() for cell in cells]
    if "name" not in headings or not set(headings) & set(COLUMNS):
        raise ValidationError(_("The first line must contain the column names: {names}.", names=", ".join(HEADINGS)))
    if strange := [heading for heading in headings if heading and heading not in HEADINGS]:
        named, known = ", ".join(f"“{one[:40]}”" for one in strange[:5]), ", ".join(HEADINGS)
        raise ValidationError(_("Unknown column: {names}. The columns are: {known}.", names=named, known=known))
    return headings


def lines_of(text: str, zone: str) -> tuple[list[Line], list[Complaint]]:
    """Return (the rules of a file, the errors of lines that could not be read; the rest of such a line is checked,
    too). Last days end in the time zone. Raise ValidationError if the file has another format."""
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=_mark(text), strict=True)
    found: list[Line] = []
    wrong: list[Complaint] = []
    try:
        headings = _headings(next(rows, []))
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(found) >= MOST_LINES:
                raise ValidationError(plural("At most {count} line.", "At most {count} lines.", MOST_LINES))
            line, unread = _line(rows.line_num, dict(zip(headings, map(plain_cell, row), strict=False)), zone)
            found.append(line)
            wrong += [(line.number, words) for words in unread]
    except csv.Error as error:
        if not found:
            said = _("Line {number}: This is not valid CSV ({error}).", number=rows.line_num, error=error)
            raise ValidationError(said) from error
        said = _("This is not valid CSV ({error}). The rest of the file could not be read.", error=error)
        wrong.append((rows.line_num, said))
    if not found:
        raise ValidationError(_("There are no lines below the headings."))
    return found, wrong


def _mark(text: str) -> str:
    """Return the delimiter of cells: some spreadsheets use semicolons."""
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


class RulesFileForm(forms.Form):
    """Rules as pasted or uploaded CSV; `lines` are the rules in it."""

    file = forms.FileField(label=lazy("File"), required=False, help_text=lazy("CSV, at most 1 MiB."))
    text = forms.CharField(
        label=lazy("Or paste the text"), required=False, strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "class": "mono", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    use_required_attribute = False
    lines: list[Line]
    unread: list[Complaint]

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.fields["text"].wide = True  # type: ignore[attr-defined]

    def keep_text(self, text: str, file: str) -> None:
        """Put the uploaded text into the text field, as browsers don't keep a file."""
        self.data = {**self.data.dict(), "text": text}  # type: ignore[attr-defined]
        self.fields["text"].label = self["text"].label = _("Lines of {file}", file=file)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        upload = data.get("file")
        try:
            if upload and upload.size > LARGEST:
                raise ValidationError(_("This file is too large. The maximum is 1 MiB."))
            text = upload.read().decode("utf-8-sig") if upload else data.get("text", "")
            if not text.strip():
                raise ValidationError(_("Choose a file, or paste its text."))
            if upload:
                self.keep_text(text, upload.name)
            self.lines, self.unread = lines_of(text, self.zone)
        except UnicodeDecodeError:
            self.add_error("file", _("This file is not UTF-8 text."))
        except ValidationError as error:
            self.add_error("text", error)
        return data
