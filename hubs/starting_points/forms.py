"""The forms of a starting point, for staff: its card, and the answers that requests start with."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from hubs.catalogue.forms import EntryForm
from hubs.language import _, lazy
from hubs.models import StartingPoint
from hubs.requests.forms.profile_builder import ProfilesEditor
from hubs.requests.forms.spec import StepForm, posted
from hubs.spec import FIELDS, STEPS, Draft, Step, reading
from hubs.spec.catalogue import ALWAYS_ASKED

from .services import CARD

ASKED = "asked"  # name of the boxes “Shown to the requester”


class CardForm(EntryForm):
    """The card in the catalogue."""

    columns = CARD
    about = lazy("Who it is for, in one or two sentences. Its sizes are shown on the card automatically.")
    whom = lazy("Available to")

    name = forms.CharField(
        max_length=60, label=lazy("Name"), help_text=lazy("One or two words, such as “Class” or “Physics lab”.")
    )
    picture = forms.ChoiceField(choices=StartingPoint.Picture.choices, label=lazy("Picture"))
    field_order: tuple[str, ...] = ("name", "picture")

    def preview(self) -> dict[str, Any]:
        """Return a preview of the card, as far as the input is valid."""
        read: Mapping[str, Any] = self.data if self.is_bound else self.initial
        picture = read.get("picture")
        return {
            "name": read.get("name", "").strip() or _("Untitled"),
            "picture": picture if picture in StartingPoint.Picture.values else StartingPoint.Picture.BOOK.value,
            "description": read.get("description", ""),
            "everywhere": True,
        }


class NewForm(CardForm):
    slug = forms.CharField(
        max_length=40, label=lazy("Short name"),
        help_text=lazy("Used by the API. Lower-case letters, digits and hyphens. It can’t be changed later."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "data-slug-from": "id_name"}),
    )  # fmt: skip
    field_order = ("name", "slug", "picture")


class VersionForm(forms.Form):
    """What is new in a version, and which version it is based on."""

    message = forms.CharField(
        required=False, max_length=4000, label=lazy("What’s new in this version"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=lazy("Shown to people who run a hub created from it."),
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput)
    use_required_attribute = False


class Answers:
    """The fields of all steps, each with whether it is shown to the requester. Takes the texts of a draft."""

    def __init__(self, draft: Draft, shown: list[str] | None) -> None:
        self.draft = draft
        self.shown = None if shown is None else {*shown, *ALWAYS_ASKED}

    @classmethod
    def posted(cls, data: QueryDict) -> "Answers":
        draft: Draft = {}
        for step in STEPS:
            draft |= posted(data, step.name)
        asked = data.getlist(ASKED)
        return cls(draft, [path for path in FIELDS if path in asked])

    def asked(self) -> list[str]:
        """Return paths of fields shown to the requester, in the form's order."""
        return [path for path in FIELDS if self.shown is None or path in self.shown]

    @property
    def media(self) -> forms.Media:
        """Scripts and styles of the editors."""
        return ProfilesEditor().media

    def sections(self, errors: Mapping[str, list[str]] | None = None) -> list[tuple[Step, StepForm]]:
        """Return the form of each step, without the name, which only the requester sets."""
        spec, _wrong = reading({path: text for path, text in self.draft.items() if path not in ALWAYS_ASKED})
        found = []
        for step in STEPS:
            form = StepForm(step.name, self.draft, address=False)
            form.note_when(spec)
            form.show(errors or {})
            for path in ALWAYS_ASKED & set(form.fields):
                del form.fields[path]
            found.append((step, form))
        return found
