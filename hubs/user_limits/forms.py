"""Forms of user limits: one rule, or many as a file."""

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
from hubs.roster.rules.class_list.reading import read
from hubs.spec.takeaway import plain_cell, safe_cell
from hubs.text.texts import MOST
from hubs.user_limits.services.file import Complaint, Line
from hubs.user_limits.services.rules import Wanted

from .rules import EVERYBODY, GROUP, MEASURES, PERSON, Measure, role_groups

COLUMNS = {  # column of a file -> measure
    "memory_gib": "memory_mib", "cpu": "cpu", "gpus": "gpus", "storage_gib": "storage_mib", "servers": "servers",
}  # fmt: skip
HEADINGS = ("for", "name", *COLUMNS, "last_day", "reason")
CHOOSE = lazy("Choose who the rule is for.")
OF_EVERYBODY = lazy("Overrides the default limits of the hub. To change the defaults, use “Default limits”.")
LARGEST, MOST_LINES, MOST_REASON = 1024 * 1024, 5000, 1000  # bytes, lines, characters


def number(measure: Measure, text: str) -> float | None:
    """Return the number in stored units, or None if empty. Raise ValidationError."""
    text = text.strip()
    if not text:
        return None
    try:
        value = float(text.replace(",", ".")) * measure.factor
    except ValueError:
        value = float("nan")
    if not -1e9 < value < 1e9:  # also refuses nan and inf
        raise ValidationError(
            _("Enter a number in GiB, such as 2.") if measure.factor > 1 else _("Enter a number, such as 2.")
        )
    return float(round(value)) if measure.factor > 1 else value


def _in_unit(measure: Measure, value: float | None) -> str:
    """Return a value in the unit of its field: 0.25 GiB, not 256 MiB."""
    return measure.text(value) if value is None or measure.factor == 1 else f"{measure.written(value)} {measure.unit}"


def _as_kept(name: str, value: float) -> float:
    """Return an integer for measures that are whole numbers."""
    return int(value) if MEASURES[name].whole and value == int(value) else value


class DecisionForm(forms.Form):
    """Staff's message about limits above the organisation's. The service validates it."""

    note = forms.CharField(
        label=lazy("Message to the requester"), required=False, max_length=MOST,
        help_text=lazy("Required to reject. The requester receives it as written."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    use_required_attribute = False


class RuleForm(forms.Form):
    """One rule. With `rule`, it replaces that rule for the same people, and starts with its values."""

    kind = forms.ChoiceField(
        label=lazy("Applies to"), initial=PERSON, widget=forms.RadioSelect,
        choices=[(PERSON, lazy("One or more people")), (GROUP, lazy("A group")), (EVERYBODY, lazy("Everyone"))],
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )  # fmt: skip
    names = forms.CharField(
        label=lazy("People"), required=False, strip=False,
        help_text=lazy(
            "One user name or email address per line. Each gets the same rule. Or paste a class list (CSV)."
        ),
        widget=forms.Textarea(attrs={"rows": 4, "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    group = forms.ChoiceField(
        label=lazy("Group"), required=False, help_text=lazy("You manage groups on the hub’s People page.")
    )
    until = forms.DateField(
        label=lazy("Valid until"), required=False,
        help_text=lazy(
            "The last day. The rule ends automatically at midnight after this day. Leave empty for no end date."
        ),
        error_messages={"invalid": lazy("Enter a date, such as 2026-10-31.")},
    )  # fmt: skip
    reason = forms.CharField(
        label=lazy("Reason"), required=False, max_length=MOST_REASON,
        help_text=lazy("For your records. Staff can also read it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    use_required_attribute = False

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        groups: Iterable[str],
        zone: str,
        rule: UserLimit | None = None,
        bounds: Mapping[str, float | None] | None = None,
        now: Mapping[str, float | None] | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self.zone = zone
        begins = {**(initial or {}), **(self._of(rule) if rule else {})}
        super().__init__(data, initial=begins)
        if rule:
            for name in ("kind", "names", "group"):
                del self.fields[name]
        else:
            choices = [*role_groups().items(), *((name, name) for name in groups)]
            group: Any = self.fields["group"]
            group.choices = [(value, words[:1].upper() + words[1:]) for value, words in choices]
            group.when, self.fields["names"].when = f"kind:{GROUP}", f"kind:{PERSON}"  # type: ignore[attr-defined]
            kind: Any = self.fields["kind"]
            kind.choice_help = {EVERYBODY: OF_EVERYBODY}
        self._add_measures(bounds or {}, now or {})

    def need_reason(self) -> None:
        """Ask for a reason: the rule is a request to staff."""
        self.fields["reason"].optional = False  # type: ignore[attr-defined]
        self["reason"].label = _("Reason (required to request higher limits)")

    def _of(self, rule: UserLimit) -> dict[str, Any]:
        said = {name: MEASURES[name].written(value) for name, value in rule.values.items()}
        return {**said, "until": last_day(rule.until, self.zone) if rule.until else None, "reason": rule.reason}

    def _add_measures(self, bounds: Mapping[str, float | None], now: Mapping[str, float | None]) -> None:
        """Add fields before the last two, each with the organisation's limit and the hub's default as notes."""
        until, reason = self.fields.pop("until"), self.fields.pop("reason")
        for name, measure in MEASURES.items():
            made: Any = forms.CharField(label=measure.label, help_text=measure.help, required=False, max_length=20)
            made.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}
            made.unit, made.optional = measure.unit, True
            if (bound := bounds.get(name)) is not None:
                most = _("your organisation allows up to {limit}", limit=_in_unit(measure, bound))
                made.limit_note = most if measure.bound else ""
            made.was = _("hub default: {value}", value=_in_unit(measure, now[name])) if name in now else ""
            self.fields[name] = made
        self.fields |= {"until": until, "reason": reason}
        for each in (until, reason):
            each.optional = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.values: dict[str, float] = {}
        for name, measure in MEASURES.items():
            try:
                value = number(measure, data.get(name, ""))
            except ValidationError as error:
                self.add_error(name, error)
                continue
            if value is not None:
                self.values[name] = _as_kept(name, value)
        return data

    def wanted(self) -> Wanted:
        day = self.cleaned_data["until"]
        return Wanted(self.values, ends_after(day, self.zone) if day else None, self.cleaned_data["reason"])

    def whom(self) -> list[str]:
        """Return the names of people, or the name of the group."""
        if self.cleaned_data["kind"] == GROUP:
            return [self.cleaned_data["group"]]
        return read(self.cleaned_data["names"]).said if self.cleaned_data["kind"] == PERSON else []


# --- as a file ------------------------------------------------------------------------------------------------------
def as_csv(rules: Iterable[UserLimit], zone: str) -> str:
    """Return active rules as CSV, one per line, for `lines_of`. Last days are in the time zone."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for rule in rules:
        values = rule.values
        cells = [MEASURES[name].written(values.get(name)) for name in COLUMNS.values()]
        day = last_day(rule.until, zone) if rule.until else None
        kind = {PERSON: "person", GROUP: "group", EVERYBODY: "everybody"}[rule.kind]
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
            values[name] = _as_kept(name, value)
    day = None
    if text := cells.get("last_day", ""):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            wrong.append("last_day: " + _("Enter a date, such as 2026-10-31."))
    reason = cells.get("reason", "")
    if len(reason) > MOST_REASON:
        wrong.append("reason: " + plural("At most {count} character.", "At most {count} characters.", MOST_REASON))
    kind = cells.get("for", "").lower() or (PERSON if cells.get("name") else "")
    wanted = Wanted(values, ends_after(day, zone) if day else None, reason)
    return Line(number_of, kind, cells.get("name", ""), wanted), wrong


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

    def keep_text(self, text: str) -> None:
        """Put the uploaded text into the text field, as browsers don't keep a file."""
        self.data = {**self.data.dict(), "text": text}  # type: ignore[attr-defined]

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
                self.keep_text(text)
            self.lines, self.unread = lines_of(text, self.zone)
        except UnicodeDecodeError:
            self.add_error("file", _("This file is not UTF-8 text."))
        except ValidationError as error:
            self.add_error("text", error)
        return data
