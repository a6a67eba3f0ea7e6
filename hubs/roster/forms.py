"""Who may enter a hub, as typed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from hubs.errors import Invalid
from hubs.models import RosterEntry
from hubs.roster.rules.class_list.decoding import text_of

LARGEST = 1024 * 1024  # bytes of a class list


def _groups() -> forms.CharField:
    field = forms.CharField(
        label="Groups",
        max_length=2000,
        required=False,
        help_text="Such as “Lab B”, with commas between several. Server options and user limits can be for a group.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field.optional = True  # type: ignore[attr-defined]
    return field


class AddPeopleForm(forms.Form):
    """Many at once: one name a line, or a whole class list (hubs.roster.rules.class_list). Services judge the names."""

    names = forms.CharField(
        label="Who",
        help_text="E-mail addresses or user names of members. Or paste a whole class list from Canvas, Moodle, "
        "a spreadsheet or an e-mail: the addresses are found, with names and groups beside them.",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "autocapitalize": "none", "spellcheck": "false"}),
    )
    file = forms.FileField(label="Or a file", required=False, help_text="CSV or text, at most 1 MiB.")
    role = forms.ChoiceField(
        label="As", choices=RosterEntry.Role.choices, initial=RosterEntry.Role.USER, required=False
    )
    groups = _groups()
    use_required_attribute = False

    def __init__(self, data: Mapping[str, str] | None = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.fields["file"].optional = True  # type: ignore[attr-defined]

    def text(self) -> str:
        """What was pasted, and what the file says. Raises Invalid ("file")."""
        pasted, file = self.data.get("names", ""), self.files.get("file")
        if file is None:
            return pasted
        if (file.size or 0) > LARGEST:
            raise Invalid("", {"file": ["This file is too large: at most 1 MiB."]})
        try:
            return "\n".join(filter(None, [pasted.strip(), text_of(file.read())]))
        except ValueError as error:
            raise Invalid("", {"file": [str(error)]}) from None


class ClassListForm(forms.Form):
    """What a class list's preview asks: which columns are groups, and whether the list is to be equal to it."""

    equal = forms.BooleanField(required=False, label="Make the list equal to this one")
    groups_at = forms.MultipleChoiceField(
        required=False, label="Columns that are groups", widget=forms.CheckboxSelectMultiple
    )
    use_required_attribute = False

    def __init__(self, headings: Sequence[str], gone: int, initial: dict[str, Any]) -> None:
        super().__init__(initial=initial)
        people = "1 person is" if gone == 1 else f"{gone:,} people are"
        self.fields["equal"].help_text = f"{people} not in this list, and would be taken off. Hub admins stay."
        if not gone:
            del self.fields["equal"]
        self.fields["groups_at"].choices = [  # type: ignore[attr-defined]
            (str(at), heading or f"Column {at + 1}") for at, heading in enumerate(headings)
        ]
        if not headings:
            del self.fields["groups_at"]


class EntryForm(forms.Form):
    """What somebody on the list is."""

    role = forms.ChoiceField(
        label="Role",
        choices=RosterEntry.Role.choices,
        required=False,
        help_text="A hub admin sees and helps everybody’s servers in this hub.",
    )
    groups = _groups()
    use_required_attribute = False


class RegroupForm(forms.Form):
    """Groups that people of the list come into or leave."""

    regroup = _groups()
    use_required_attribute = False

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        self.fields["regroup"].help_text = "With commas between several. People keep their other groups."
        self.fields["regroup"].optional = False  # type: ignore[attr-defined]
