"""A starting point, as staff write it: its card, and the answers that requests begin with."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from hubs.models import Organization, StartingPoint
from hubs.requests.forms.profile_builder import ProfilesEditor
from hubs.requests.forms.spec import StepForm, posted
from hubs.spec import FIELDS, STEPS, Draft, Step, reading
from hubs.spec.catalogue import ALWAYS_ASKED

from .services import CARD

ASKED = "asked"  # name of the boxes "the requester sees this"


class CardForm(forms.Form):
    """What stands in the catalogue. Field names are the columns' names."""

    name = forms.CharField(max_length=60, label="Name", help_text="One or two words: “Class”, “Physics lab”.")
    picture = forms.ChoiceField(choices=StartingPoint.Picture.choices, label="Picture")
    description = forms.CharField(
        max_length=300, required=False, label="Description", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For whom it is, in a sentence or two. Its sizes stand on the card by themselves.",
    )  # fmt: skip
    everywhere = forms.TypedChoiceField(
        choices=[("yes", "All organisations"), ("no", "Only some")], coerce=lambda text: text == "yes",
        label="For whom?", widget=forms.RadioSelect, initial="yes",
    )  # fmt: skip
    organizations = forms.ModelMultipleChoiceField(
        queryset=Organization.objects.none(), to_field_name="slug", required=False, label="Which ones?",
        widget=forms.SelectMultiple(attrs={"size": 8}), help_text="Ctrl or ⌘ and a click choose several.",
    )  # fmt: skip
    position = forms.IntegerField(
        min_value=0,
        max_value=100_000,
        initial=100,
        label="Place in the catalogue",
        help_text="Small numbers come first.",
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)  # the count of changes when the page was made
    use_required_attribute = False

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["organizations"].queryset = Organization.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["organizations"].when = "everywhere:no"  # type: ignore[attr-defined]
        self.fields["organizations"].off = self["everywhere"].value() != "no"  # type: ignore[attr-defined]
        self.fields["description"].optional = True  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, point: StartingPoint) -> dict[str, Any]:
        return {
            **{name: getattr(point, name) for name in ("name", "picture", "description", "position")},
            "everywhere": "yes" if point.everywhere else "no",
            "organizations": [place.slug for place in point.organizations.all()],
            "seen": point.changes,
        }

    def card(self) -> dict[str, Any]:
        """Cleaned, by column."""
        return {name: self.cleaned_data[name] for name in CARD}

    def preview(self) -> dict[str, Any]:
        """The card as it would look, as far as it can be read."""
        read: Mapping[str, Any] = self.data if self.is_bound else self.initial
        picture = read.get("picture")
        return {
            "name": read.get("name", "").strip() or "Without a name",
            "picture": picture if picture in StartingPoint.Picture.values else StartingPoint.Picture.BOOK.value,
            "description": read.get("description", ""),
            "everywhere": True,
        }


class NewForm(CardForm):
    slug = forms.CharField(
        max_length=40, label="Address",
        help_text="Small letters, digits and dashes. It never changes, and programs use it.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "data-slug-from": "id_name"}),
    )  # fmt: skip
    field_order = ("name", "slug")


class VersionForm(forms.Form):
    """What is new in a version, and which one it was made from."""

    message = forms.CharField(
        required=False, max_length=4000, label="What is new?", widget=forms.Textarea(attrs={"rows": 2}),
        help_text="People who run a hub that came from it read this.",
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput)
    use_required_attribute = False


class Answers:
    """The fields of all steps at once, each with whether the requester is asked. Takes the texts of a draft."""

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
        """Paths that the requester is asked, in the form's order."""
        return [path for path in FIELDS if self.shown is None or path in self.shown]

    @property
    def media(self) -> forms.Media:
        """Scripts and styles of its editors."""
        return ProfilesEditor().media

    def sections(self, errors: Mapping[str, list[str]] | None = None) -> list[tuple[Step, StepForm]]:
        """The form of each step. The name is nobody's to give but the requester's."""
        spec, _ = reading({path: text for path, text in self.draft.items() if path not in ALWAYS_ASKED})
        found = []
        for step in STEPS:
            form = StepForm(step.name, self.draft, address=False)
            form.note_when(spec)
            form.show(errors or {})
            for path in ALWAYS_ASKED & set(form.fields):
                del form.fields[path]
            found.append((step, form))
        return found
