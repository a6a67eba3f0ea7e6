"""The common form of catalogue entries: images and starting points."""

from collections.abc import Sequence
from typing import Any

from django import forms

from hubs.language import lazy
from hubs.models import CatalogueImage, Organization, StartingPoint


class EntryForm(forms.Form):
    """Field names are column names. The services of the entry's app validate them."""

    columns: Sequence[str]  # what people enter, as the services take it
    about: str  # help text of the description
    whom: str  # label of the choice between all organisations and selected ones

    description = forms.CharField(
        max_length=300, required=False, label=lazy("Description"), widget=forms.Textarea(attrs={"rows": 3})
    )
    everywhere = forms.TypedChoiceField(
        choices=[("yes", lazy("All organisations")), ("no", lazy("Selected organisations"))],
        coerce=lambda text: text == "yes", widget=forms.RadioSelect, initial="yes",
    )  # fmt: skip
    organizations = forms.ModelMultipleChoiceField(
        queryset=Organization.objects.order_by("name"), to_field_name="slug", required=False,
        label=lazy("Organisations"), widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=lazy("Hold Ctrl or ⌘ and click to choose several."),
    )  # fmt: skip
    position = forms.IntegerField(
        min_value=0, max_value=100_000, initial=100, label=lazy("Position in the list"),
        help_text=lazy("Lower numbers come first."),
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)  # number of changes when the page was rendered
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
        """Return -1, which no row has, if the page did not send it."""
        seen = self.cleaned_data["seen"]
        return -1 if seen is None else seen

    def card(self) -> dict[str, Any]:
        """Return the cleaned data, as the services take it."""
        said = {"everywhere": True, **self.cleaned_data}
        return {name: said[name] for name in self.columns}

    def places(self) -> list[Organization]:
        return list(self.cleaned_data.get("organizations") or ())
