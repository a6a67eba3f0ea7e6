"""Filter forms of the audit log."""

from datetime import date
from typing import Any

from django import forms

from hubs.audit.rules.labels import LABELS
from hubs.audit.rules.verbs import GROUPS, Group, verbs_of
from hubs.language import _, lazy

OF_HUB = ("hub", "domain", "content_link", "roster", "limit", "request")  # first parts of verbs of a hub's own log
EARLIEST, LATEST = date(2000, 1, 1), date(9000, 1, 1)  # the day after must still be a valid date


class SignInFilterForm(forms.Form):
    person = forms.CharField(required=False, max_length=150, label=lazy("Person"))
    failed = forms.BooleanField(required=False, label=lazy("Failed only"))


def _verbs(*, of_hub: bool = False) -> list[tuple[str, Any]]:
    """Return every verb as a choice, in its group; `of_hub`: only what can happen to a hub."""
    groups = [(group.label, [(name, LABELS[name]) for name in _names(group, of_hub=of_hub)]) for group in GROUPS]
    return [("", lazy("All actions")), *(group for group in groups if group[1])]


def _names(group: Group, *, of_hub: bool) -> list[str]:
    return [name for name in verbs_of(group.name) if not of_hub or name.split(".")[0] in OF_HUB]


class FilterForm(forms.Form):
    """`cleaned_data` is what AuditEvent's `narrowed` takes: group and verb are combined into "verbs"."""

    person = forms.CharField(required=False, max_length=150, label=lazy("Person"))
    hub = forms.CharField(required=False, max_length=100, label=lazy("Hub"))
    group = forms.MultipleChoiceField(
        required=False,
        label=lazy("Types"),
        choices=[(group.name, group.label) for group in GROUPS],
        widget=forms.CheckboxSelectMultiple,
    )
    verb = forms.ChoiceField(required=False, label=lazy("Action"), choices=_verbs)
    since = forms.DateField(required=False, label=lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label=lazy("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any = None, *, of_hub: bool = False) -> None:
        """`of_hub`: offer only what can happen to a hub."""
        super().__init__(data)
        if of_hub:
            self.fields["group"].choices = [  # type: ignore[attr-defined]
                (group.name, group.label) for group in GROUPS if _names(group, of_hub=True)
            ]
            self.fields["verb"].choices = _verbs(of_hub=True)  # type: ignore[attr-defined]

    def _sane(self, name: str) -> Any:
        day = self.cleaned_data[name]
        if day and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(_("Choose a day in this century."))
        return day

    def clean_since(self) -> Any:
        return self._sane("since")

    def clean_until(self) -> Any:
        return self._sane("until")

    def clean(self) -> dict[str, Any]:
        found = dict(self.cleaned_data)
        groups, verb = found.pop("group", None), found.pop("verb", "")
        verbs = {one for name in groups for one in verbs_of(name)} if groups else None
        if verb:
            verbs = {verb} if verbs is None else verbs & {verb}
        return {**found, "verbs": None if verbs is None else sorted(verbs)}
