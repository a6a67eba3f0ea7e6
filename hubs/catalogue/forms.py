"""What every entry of a catalogue has: an image, or a starting point."""

from collections.abc import Sequence
from typing import Any

from django import forms

from hubs.models import CatalogueImage, Organization, StartingPoint


class EntryForm(forms.Form):
    """Field names are the columns' names. What is right is decided by the services of the entry's room."""

    columns: Sequence[str]  # what a person writes of the entry, as its services take it
    about: str  # the line below the description
    whom: str  # the label of the choice between all organisations and some

    description = forms.CharField(
        max_length=300, required=False, label="Description", widget=forms.Textarea(attrs={"rows": 3})
    )
    everywhere = forms.TypedChoiceField(
        choices=[("yes", "All organisations"), ("no", "Selected organisations")], coerce=lambda text: text == "yes",
        widget=forms.RadioSelect, initial="yes",
    )  # fmt: skip
    organizations = forms.ModelMultipleChoiceField(
        queryset=Organization.objects.order_by("name"), to_field_name="slug", required=False, label="Organisations",
        widget=forms.SelectMultiple(attrs={"size": 8}), help_text="Hold Ctrl or ⌘ and click to choose several.",
    )  # fmt: skip
    position = forms.IntegerField(
        min_value=0, max_value=100_000, initial=100, label="Position in the catalogue",
        help_text="Lower numbers come first.",
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)  # the count of changes when the page was made
    use_required_attribute = False

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        fields: dict[str, Any] = self.fields
        fields["description"].help_text, fields["description"].optional = self.about, True
        fields["everywhere"].label = self.whom
        fields["organizations"].when = "everywhere:no"
        fields["organizations"].off = self["everywhere"].value() != "no"

    @classmethod
    def initial_of(cls, row: CatalogueImage | StartingPoint) -> dict[str, Any]:
        return {
            **{name: getattr(row, name) for name in cls.columns},
            "everywhere": "yes" if row.everywhere else "no",
            "organizations": [place.slug for place in row.organizations.all()],
            "seen": row.changes,
        }

    def clean_seen(self) -> int:
        """-1, which no row has, when the page did not say."""
        seen = self.cleaned_data["seen"]
        return -1 if seen is None else seen

    def card(self) -> dict[str, Any]:
        """Cleaned, as the services take it."""
        said = {"everywhere": True, **self.cleaned_data}
        return {name: said[name] for name in self.columns}

    def places(self) -> list[Organization]:
        return list(self.cleaned_data.get("organizations") or ())
