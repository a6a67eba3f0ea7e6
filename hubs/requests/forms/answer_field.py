"""The form field for one of hubs.spec.FIELDS: its widget, and what is shown next to it."""

from typing import Any

from django import forms
from django.urls import reverse

from hubs.language import lazy
from hubs.spec import Field

from .profile_builder import ProfilesEditor
from .rows_editor import COLUMNS, RowsEditor

NUMBERS = ("int", "float", "memory", "storage", "seconds")
MAYBE = (("", lazy("JupyterHub’s default")), ("yes", lazy("Yes")), ("no", lazy("No")))
MOST_CARDS = 5  # more choices with descriptions are folded
EMPTY_IS_AN_ANSWER = ("text", "people", "lines", "map", "profiles", "institutions", "values", "rows")


def is_number(text: str) -> bool:
    """Return whether a browser's number input can show this text. (It shows nothing if it can't parse the text.)"""
    try:
        return -1e12 < float(text or "0") < 1e12
    except ValueError:
        return False


def _widget(field: Field, text: str) -> forms.Widget:
    match field.kind:
        case "text":
            return forms.Textarea(attrs={"rows": 4})
        case "people" | "lines" | "map" | "institutions":
            return forms.Textarea(attrs={"rows": 3, "autocapitalize": "none", "spellcheck": "false"})
        case "profiles" | "values" | "rows":
            area = {"profiles": ProfilesEditor, "rows": RowsEditor}.get(field.kind, forms.Textarea)
            area = forms.Textarea if field.kind == "rows" and field.path not in COLUMNS else area
            keys = {"data-keys": reverse("values-keys")} if field.path == "more" else {}
            rows = 5 if field.kind == "rows" else 14
            return area(attrs={"rows": rows, "class": "mono", "autocapitalize": "none", "spellcheck": "false",
                               "data-editor": field.kind, **keys})  # fmt: skip
        case "maybe":
            return forms.Select(choices=MAYBE)
        case "bool":
            return forms.CheckboxInput()
        case "date":
            return forms.DateInput(attrs={"type": "date"})
        case "choice" if any(" — " in label for _, label in field.words.choices):
            return forms.RadioSelect(choices=[(value, label.split(" — ")[0]) for value, label in field.words.choices])
        case "choice" if len(field.words.choices) <= 2:
            return forms.RadioSelect(choices=field.words.choices)
        case "choice":
            return forms.Select(choices=field.words.choices)
        case kind if kind in NUMBERS and is_number(text):
            return forms.NumberInput(attrs={"min": "0", "step": "1" if kind == "int" else "any"})
        case kind if kind in NUMBERS:  # show invalid numbers, so that they can be corrected
            return forms.TextInput(attrs={"inputmode": "decimal"})
    return forms.TextInput(attrs={"autocomplete": "off"})


class Answer(forms.CharField):
    """A text that is stored unchanged, with what the field component shows next to it."""

    unit = limit_note = was = when = ""
    optional = wide = False
    folded = False  # shows its first choice; the others are folded unless one of them is chosen
    off = False  # not needed because of other answers; still shown without JavaScript
    choice_help: dict[str, str] = {}
    both: Any = None  # hubs.requests.services.two_tabs.Both, if another tab saved something else

    def __init__(self, label: str, help_text: str, widget: forms.Widget) -> None:
        super().__init__(label=label, help_text=help_text, required=False, strip=False, widget=widget)


def form_field(field: Field, text: str) -> Answer:
    made = Answer(field.words.label, field.words.help, _widget(field, text))
    made.unit = field.words.unit
    made.optional = field.kind != "maybe" and (
        (field.optional and field.default is None) or (field.kind in EMPTY_IS_AN_ANSWER and not field.required)
    )
    abouts = dict(label.partition(" — ")[::2] for _, label in field.words.choices if " — " in label)
    made.folded = field.kind == "choice" and len(field.words.choices) > MOST_CARDS and bool(abouts)
    made.wide = field.kind in ("profiles", "values", "rows")
    if field.words.when:
        made.when = f"{field.words.when[0]}:{','.join(field.words.when[1])}"
    made.choice_help = {value: abouts.get(label.split(" — ")[0], "") for value, label in field.words.choices if abouts}
    return made
