"""Filter forms of the audit log."""

from datetime import date
from typing import Any

from django import forms

from hubs.audit.rules.labels import LABELS
from hubs.audit.rules.verbs import GROUPS, Group, verbs_of
from hubs.language import _, lazy

OF_HUB = ("hub", "domain", "content_link", "roster", "limit", "request")  # first parts of verbs of a hub's own log
OF_NO_ORGANIZATION = ("cluster", "starting_point", "account", "device")
WHOLE = ".*"  # after the name of a group
EARLIEST, LATEST = date(2000, 1, 1), date(9000, 1, 1)  # the day after must still be a valid date


class SignInFilterForm(forms.Form):
    person = forms.CharField(required=False, max_length=150, label=lazy("Person"))
    failed = forms.BooleanField(required=False, label=lazy("Failed only"))


def _verbs(of: str = "") -> list[tuple[str, Any]]:
    """Return every verb as a choice, in its group, after one for the whole group; `of` a "hub" or an "organization":
    only what its log can contain."""
    named = [(group, _names(group, of)) for group in GROUPS]
    groups = [
        (
            group.label,
            [(f"{group.name}{WHOLE}", _("{group}: all", group=group.label)), *((n, LABELS[n]) for n in names)],
        )
        for group, names in named
        if names
    ]
    return [("", lazy("All actions")), *groups]


def _names(group: Group, of: str) -> list[str]:
    if of == "hub":
        return [name for name in verbs_of(group.name) if name.split(".")[0] in OF_HUB]
    return [name for name in verbs_of(group.name) if not of or name.split(".")[0] not in OF_NO_ORGANIZATION]


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
    verb = forms.ChoiceField(required=False, label=lazy("Action"), choices=_verbs)  # or a whole group
    since = forms.DateField(required=False, label=lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label=lazy("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any = None, *, of: str = "") -> None:
        """`of` a "hub" or an "organization": offer only what its log can contain."""
        super().__init__(data)
        self.fields["verb"].choices = _verbs(of)  # type: ignore[attr-defined]

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
        if found.get("since") and found.get("until") and found["since"] > found["until"]:
            self.add_error("until", _("“To” is before “From”. Choose a later day."))
            del found["until"]
        groups, verb = found.pop("group", None), found.pop("verb", "")
        if verb.endswith(WHOLE):
            groups, verb = [verb.removesuffix(WHOLE)], ""
        verbs = {one for name in groups for one in verbs_of(name)} if groups else None
        if verb:
            verbs = {verb} if verbs is None else verbs & {verb}
        return {**found, "verbs": None if verbs is None else sorted(verbs)}
