"""Forms of a hub's people list."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from hubs.errors import Invalid
from hubs.language import _, lazy, plural
from hubs.models import RosterEntry
from hubs.roster.rules.class_list.decoding import text_of

LARGEST = 1024 * 1024  # bytes of a class list


def _groups() -> forms.CharField:
    field = forms.CharField(
        label=lazy("Groups"),
        max_length=2000,
        required=False,
        help_text=lazy(
            "Such as “Lab B”. Separate groups with commas. Server options and user limits can be for a group."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field.optional = True  # type: ignore[attr-defined]
    return field


class AddPeopleForm(forms.Form):
    """Many people at once: one name per line, or a class list (hubs.roster.rules.class_list). Services check names."""

    names = forms.CharField(
        label=lazy("People"),
        help_text=lazy(
            "Email addresses or user names of members, one per line. Or paste a class list from Canvas, Moodle, "
            "a spreadsheet or an email: the portal finds the addresses, and the names and groups that go with them."
        ),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocapitalize": "none", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=lazy("Or upload a file"), required=False, help_text=lazy("CSV or text, at most 1 MiB.")
    )
    role = forms.ChoiceField(
        label=lazy("Role"), choices=RosterEntry.Role.choices, initial=RosterEntry.Role.USER, required=False
    )
    groups = _groups()
    use_required_attribute = False

    def __init__(self, data: Mapping[str, str] | None = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.fields["file"].optional = True  # type: ignore[attr-defined]

    def text(self) -> str:
        """Return the pasted text and the text of the file. Raise Invalid ("file")."""
        pasted, file = self.data.get("names", ""), self.files.get("file")
        if file is None:
            return pasted
        if (file.size or 0) > LARGEST:
            raise Invalid("", {"file": [_("This file is too large. The maximum is 1 MiB.")]})
        try:
            return "\n".join(filter(None, [pasted.strip(), text_of(file.read())]))
        except ValueError as error:
            raise Invalid("", {"file": [str(error)]}) from None


class ClassListForm(forms.Form):
    """The questions of a class list's preview: which columns are groups, and whether to remove other people."""

    equal = forms.BooleanField(required=False, label=lazy("Remove people who are not in this list"))
    groups_at = forms.MultipleChoiceField(
        required=False, label=lazy("Columns with groups"), widget=forms.CheckboxSelectMultiple
    )
    use_required_attribute = False

    def __init__(self, headings: Sequence[str], gone: int, initial: dict[str, Any]) -> None:
        super().__init__(initial=initial)
        self.fields["equal"].help_text = plural(
            "{count} person on the hub’s people list would be removed. Hub admins stay.",
            "{count} people on the hub’s people list would be removed. Hub admins stay.",
            gone,
        )
        if not gone:
            del self.fields["equal"]
        self.fields["groups_at"].choices = [  # type: ignore[attr-defined]
            (str(at), heading or _("Column {number}", number=at + 1)) for at, heading in enumerate(headings)
        ]
        if not headings:
            del self.fields["groups_at"]


class EntryForm(forms.Form):
    """Role and groups of a person on the list."""

    role = forms.ChoiceField(
        label=lazy("Role"),
        choices=RosterEntry.Role.choices,
        required=False,
        help_text=lazy("Hub admins can see and access all servers in this hub."),
    )
    groups = _groups()
    use_required_attribute = False


class RegroupForm(forms.Form):
    """Groups to add people on the list to, or to remove them from."""

    regroup = _groups()
    use_required_attribute = False

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        self.fields["regroup"].help_text = _("Separate groups with commas. People keep their other groups.")
        self.fields["regroup"].optional = False  # type: ignore[attr-defined]
