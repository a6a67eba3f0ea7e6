"""Forms of one user-limit rule, and of a decision on it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from hubs.days.queries import ends_after, last_day
from hubs.language import _, lazy
from hubs.models import Organization, UserLimit
from hubs.roster.rules.class_list.reading import read
from hubs.spec.capabilities import Capabilities
from hubs.text.texts import MOST
from hubs.user_limits.rules import EVERYBODY, GROUP, MEASURES, PERSON, Measure, role_groups
from hubs.user_limits.services.rules import Wanted

CHOOSE = lazy("Choose who the rule is for.")
OF_EVERYBODY = lazy("Overrides the default limits of the hub. To change the defaults, use “Default limits”.")
NEEDS = {"gpus": "pods", "storage_mib": "volumes"}  # measure -> capability of the cluster
MOST_REASON = 1000  # characters


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


def as_kept(name: str, value: float) -> float:
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
        help_text=lazy("Staff can read it. Required to request limits above those of the organisation."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    use_required_attribute = False

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        groups: Iterable[str],
        organization: Organization,
        can: Capabilities,
        rule: UserLimit | None = None,
        bounds: Mapping[str, float | None] | None = None,
        now: Mapping[str, float | None] | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self.zone, self.organization = organization.zone, organization.name
        begins = {**(initial or {}), **(self._of(rule) if rule else {})}
        super().__init__(data, initial=begins)
        if rule:
            for name in ("kind", "names", "group"):
                del self.fields[name]
        else:
            choices = [("", _("Choose a group")), *role_groups().items(), *((name, name) for name in groups)]
            group: Any = self.fields["group"]
            group.choices = [(value, words[:1].upper() + words[1:]) for value, words in choices]
            group.when, self.fields["names"].when = f"kind:{GROUP}", f"kind:{PERSON}"  # type: ignore[attr-defined]
            kind: Any = self.fields["kind"]
            kind.choice_help = {EVERYBODY: OF_EVERYBODY}
        self._add_measures(bounds or {}, now or {})
        for name, need in NEEDS.items():
            if can.lacks(need) and name not in begins:
                del self.fields[name]

    def need_reason(self) -> None:
        """Ask for a reason: the rule is a request to staff."""
        self.fields["reason"].optional = False  # type: ignore[attr-defined]

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
                most = _(
                    "{organization} allows up to {limit}", organization=self.organization, limit=measure.text(bound)
                )
                made.limit_note = most if measure.bound else ""
            made.was = _("hub default: {value}", value=measure.text(now[name])) if name in now else ""
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
                self.values[name] = as_kept(name, value)
        return data

    def wanted(self) -> Wanted:
        day = self.cleaned_data["until"]
        return Wanted(self.values, ends_after(day, self.zone) if day else None, self.cleaned_data["reason"])

    def whom(self) -> list[str]:
        """Return the names of people, or the name of the group."""
        if self.cleaned_data["kind"] == GROUP:
            return [self.cleaned_data["group"]]
        return read(self.cleaned_data["names"]).said if self.cleaned_data["kind"] == PERSON else []
