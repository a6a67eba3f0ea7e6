"""A row of the image catalogue, as staff and an organisation's admins write it."""

from typing import Any

from django import forms
from django.http import QueryDict

from hubs.models import CatalogueImage, Organization

from .services import CARD, choices_for_successor

PLAIN = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


class ImageForm(forms.Form):
    """Field names are the columns' names. What is right is decided by hubs.images.services."""

    name = forms.CharField(
        max_length=60, required=False, label="Name", help_text="What people choose by, such as “R with RStudio”."
    )
    slug = forms.CharField(
        max_length=40, required=False, label="Short name",
        help_text="Small letters, digits and dashes. It never changes, and programs use it.",
        widget=forms.TextInput(attrs={**PLAIN, "data-slug-from": "id_name"}),
    )  # fmt: skip
    description = forms.CharField(
        max_length=300, required=False, label="Description", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For which courses it is, in a sentence or two.",
    )  # fmt: skip
    image = forms.CharField(
        max_length=255, required=False, label="Image", widget=forms.TextInput(attrs=PLAIN),
        help_text="The name of the container image without a tag, such as quay.io/jupyter/scipy-notebook.",
    )  # fmt: skip
    tag = forms.CharField(
        max_length=128, required=False, label="Image tag", widget=forms.TextInput(attrs=PLAIN),
        help_text="The version that requests get. Choose one that is never given to another image, such as a date.",
    )  # fmt: skip
    newer = forms.CharField(
        max_length=128, required=False, label="Newer tag", widget=forms.TextInput(attrs=PLAIN),
        help_text="A newer version that people may move to by themselves. It is mentioned beside the image.",
    )  # fmt: skip
    languages = forms.CharField(
        max_length=400, required=False, label="Languages", help_text="With commas between them, such as Python, R."
    )
    everywhere = forms.TypedChoiceField(
        choices=[("yes", "All organisations"), ("no", "Only some")], coerce=lambda text: text == "yes",
        label="Who can choose it?", widget=forms.RadioSelect, initial="yes",
    )  # fmt: skip
    organizations = forms.ModelMultipleChoiceField(
        queryset=Organization.objects.none(), to_field_name="slug", required=False, label="Which ones?",
        widget=forms.SelectMultiple(attrs={"size": 8}), help_text="Ctrl or ⌘ and a click choose several.",
    )  # fmt: skip
    successor = forms.ChoiceField(
        required=False, label="Replaced by",
        help_text="Choose an image to deprecate this one: forms no longer offer it, and hubs that use it are told.",
    )  # fmt: skip
    position = forms.IntegerField(
        min_value=0, max_value=100_000, initial=100, label="Place in the catalogue",
        help_text="Small numbers come first.",
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)  # the count of changes when the page was made
    use_required_attribute = False

    def __init__(
        self, data: QueryDict | None = None, *, organization: Organization | None, row: CatalogueImage | None = None
    ) -> None:
        super().__init__(data, initial=self._initial(row) if row else None)
        names = {one.slug: one.name for one in reversed(choices_for_successor(organization, row))}
        if row and row.successor:
            names.setdefault(row.successor.slug, row.successor.name)
        choices = [("", "Nothing: it is not deprecated"), *sorted(names.items(), key=lambda one: one[1].lower())]
        self.fields["successor"].choices = choices  # type: ignore[attr-defined]
        for name in ("description", "newer", "languages"):
            self.fields[name].optional = True  # type: ignore[attr-defined]
        if row:
            del self.fields["slug"]
        if organization:
            del self.fields["everywhere"], self.fields["organizations"]
        else:
            places = self.fields["organizations"]
            places.queryset = Organization.objects.order_by("name")  # type: ignore[attr-defined]
            places.when = "everywhere:no"  # type: ignore[attr-defined]
            places.off = self["everywhere"].value() != "no"  # type: ignore[attr-defined]

    @staticmethod
    def _initial(row: CatalogueImage) -> dict[str, Any]:
        plain = ("name", "description", "image", "tag", "newer", "position")
        return {
            **{name: getattr(row, name) for name in plain},
            "languages": ", ".join(row.languages),
            "everywhere": "yes" if row.everywhere else "no",
            "organizations": [place.slug for place in row.organizations.all()],
            "successor": row.successor.slug if row.successor else "",
            "seen": row.changes,
        }

    def card(self) -> dict[str, Any]:
        """Cleaned, as the services take it."""
        said = {"everywhere": True, **self.cleaned_data}
        return {**{name: said[name] for name in CARD}, "languages": said["languages"].split(",")}

    def places(self) -> list[Organization]:
        return list(self.cleaned_data.get("organizations") or ())
