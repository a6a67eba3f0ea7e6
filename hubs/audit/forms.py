"""Filter forms of the audit log."""

from datetime import date
from typing import Any

from django import forms

from hubs.audit.rules.verbs import AUDITED, GROUPS, verbs_of

OF_HUB = ("hub", "domain", "content_link", "roster", "limit", "request")  # first parts of verbs of a hub's own log
EARLIEST, LATEST = date(2000, 1, 1), date(9000, 1, 1)  # the day after must still be a valid date


class SignInFilterForm(forms.Form):
    person = forms.CharField(required=False, max_length=150, label="Person")
    failed = forms.BooleanField(required=False, label="Failed only")


def _verbs(*, of_hub: bool = False) -> list[tuple[str, Any]]:
    """Return every verb as a choice, in its group; `of_hub`: only what can happen to a hub. Its words stand before an
    object on a line: an ellipsis says so."""
    groups = []
    for group in GROUPS:
        names = [name for name in verbs_of(group.name) if not of_hub or name.split(".")[0] in OF_HUB]
        if names:
            groups.append((group.label, [(name, _label(AUDITED[name].did)) for name in names]))
    return [("", "All actions"), *groups]


def _label(did: str) -> str:
    return f"{did[:1].upper()}{did[1:].rstrip(':')} …"


class FilterForm(forms.Form):
    """`cleaned_data` is what AuditEvent's `narrowed` takes: group and verb are combined into "verbs"."""

    person = forms.CharField(required=False, max_length=150, label="Person")
    hub = forms.CharField(required=False, max_length=100, label="Hub")
    group = forms.MultipleChoiceField(
        required=False,
        label="Types",
        choices=[(group.name, group.label) for group in GROUPS],
        widget=forms.CheckboxSelectMultiple,
    )
    verb = forms.ChoiceField(required=False, label="Action", choices=_verbs)
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any = None, *, of_hub: bool = False) -> None:
        """`of_hub`: offer only what can happen to a hub."""
        super().__init__(data)
        if of_hub:
            verbs = _verbs(of_hub=True)
            labels = {label for label, _ in verbs}
            self.fields["group"].choices = [  # type: ignore[attr-defined]
                (group.name, group.label) for group in GROUPS if group.label in labels
            ]
            self.fields["verb"].choices = verbs  # type: ignore[attr-defined]

    def _sane(self, name: str) -> Any:
        day = self.cleaned_data[name]
        if day and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError("Choose a day in this century.")
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
