"""The form of an image in the catalogue, for staff and for an organisation's admins."""

from typing import Any

from django import forms
from django.http import QueryDict

from hubs.catalogue.forms import EntryForm
from hubs.language import _, lazy
from hubs.models import CatalogueImage, Organization

from .services import CARD, choices_for_successor

PLAIN = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


class ImageForm(EntryForm):
    columns = CARD
    about = lazy("Which courses it is for, in one or two sentences.")
    whom = lazy("Available to")

    name = forms.CharField(
        max_length=60,
        required=False,
        label=lazy("Name"),
        help_text=lazy("The name that people choose, such as “R with RStudio”."),
    )
    slug = forms.CharField(
        max_length=40, required=False, label=lazy("Short name"),
        help_text=lazy("Used by the API. Lower-case letters, digits and hyphens. It can’t be changed later."),
        widget=forms.TextInput(attrs={**PLAIN, "data-slug-from": "id_name"}),
    )  # fmt: skip
    image = forms.CharField(
        max_length=255, required=False, label=lazy("Image"), widget=forms.TextInput(attrs=PLAIN),
        help_text=lazy("The name of the container image without a tag, such as quay.io/jupyter/scipy-notebook."),
    )  # fmt: skip
    tag = forms.CharField(
        max_length=128, required=False, label=lazy("Image tag"), widget=forms.TextInput(attrs=PLAIN),
        help_text=lazy(
            "The version used by new requests. Choose one that does not move, such as a date: with “latest”, the "
            "software may change in the middle of a term."
        ),
    )  # fmt: skip
    newer = forms.CharField(
        max_length=128, required=False, label=lazy("Newer tag"), widget=forms.TextInput(attrs=PLAIN),
        help_text=lazy("A newer version that people can switch to. It is shown next to the image."),
    )  # fmt: skip
    languages = forms.CharField(
        max_length=400,
        required=False,
        label=lazy("Languages"),
        help_text=lazy("Separate with commas, such as Python, R."),
    )
    successor = forms.ChoiceField(
        required=False, label=lazy("Replaced by"),
        help_text=lazy(
            "The image that people should use instead. This one is no longer offered, and hubs "
            "that use it are notified."
        ),
    )  # fmt: skip
    field_order = (
        "name", "slug", "description", "image", "tag", "newer", "languages", "everywhere", "organizations", "successor",
    )  # fmt: skip

    def __init__(
        self, data: QueryDict | None = None, *, organization: Organization | None, row: CatalogueImage | None = None
    ) -> None:
        successor = row.successor.slug if row and row.successor else ""
        texts = {"languages": ", ".join(row.languages), "successor": successor} if row else {}
        super().__init__(data, initial={**self.initial_of(row), **texts} if row else None)
        names = {one.slug: one.name for one in reversed(choices_for_successor(organization, row))}
        if row and row.successor:
            names.setdefault(row.successor.slug, row.successor.name)
        choices = [("", _("None")), *sorted(names.items(), key=lambda one: one[1].lower())]
        self.fields["successor"].choices = choices  # type: ignore[attr-defined]
        for name in ("newer", "languages"):
            self.fields[name].optional = True  # type: ignore[attr-defined]
        if row:
            del self.fields["slug"]
        if organization:
            del self.fields["everywhere"], self.fields["organizations"]

    def card(self) -> dict[str, Any]:
        return {**super().card(), "languages": self.cleaned_data["languages"].split(",")}
