"""The context of the field component for a Django form field."""

import copy
from typing import Any

from django import forms
from django.forms import BoundField

KINDS: tuple[tuple[type[forms.Widget], str], ...] = (  # the first match counts; subclasses come before their base
    (forms.CheckboxSelectMultiple, "choices"),
    (forms.RadioSelect, "choices"),
    (forms.CheckboxInput, "checkbox"),
    (forms.SelectMultiple, "input"),
    (forms.Select, "select"),
)


def _kind(widget: forms.Widget) -> str:
    return next((kind for cls, kind in KINDS if isinstance(widget, cls)), "input")


def _widget(bound: BoundField) -> forms.Widget:
    """Return the field's widget; a date gets the browser's date picker."""
    widget = bound.field.widget
    if isinstance(bound.field, forms.DateField) and isinstance(widget, forms.DateInput) and widget.input_type == "text":
        widget = copy.copy(widget)
        widget.input_type, widget.format = "date", "%Y-%m-%d"
    return widget


def _describedby(bound: BoundField, anchor: str) -> str:
    """Return the ids of the texts that describe the field, in visual order."""
    field = bound.field
    parts = {
        "help": bound.help_text,
        "limit": getattr(field, "limit_note", "") or getattr(field, "was", ""),
        "error": bound.errors,
    }
    return " ".join(f"{anchor}-{name}" for name, value in parts.items() if value)


def _choices(bound: BoundField) -> list[dict[str, Any]]:
    """Return radio buttons or check boxes, each with its description."""
    lines = getattr(bound.field, "choice_help", None) or {}
    found = []
    for choice in bound:
        value = str(choice.data.get("value", ""))
        about = lines.get(value, "")
        choice.data["attrs"].pop("aria-invalid", None)  # not allowed on a radio button; the group has the error
        if about:
            choice.data["attrs"]["aria-describedby"] = f"{choice.id_for_label}-about"
        found.append(
            {
                "tag": choice.tag(),
                "chosen": choice.data["selected"],
                "label": choice.choice_label,
                "about": about,
                "id": choice.id_for_label,
            }
        )
    return found


def field_context(bound: BoundField, *, autofocus: bool = False) -> dict[str, Any]:
    """Return the context of components/field.html. Optional attributes of the form field: `limit_note`, `was`, `unit`,
    `prefix`, `choice_help` (value -> one line), `optional`, `wide`. `anchor`: the id that error links target."""
    field, widget = bound.field, _widget(bound)
    kind = _kind(widget)
    anchor = f"{bound.auto_id}_0" if kind == "choices" else bound.id_for_label or bound.auto_id
    choices = _choices(bound) if kind == "choices" else []
    described = _describedby(bound, bound.auto_id)
    attrs: dict[str, Any] = {"aria-describedby": described} if described else {}
    if autofocus:
        attrs["autofocus"] = True
    return {
        "bound": bound,
        "is_choices": kind == "choices",
        "is_checkbox": kind == "checkbox",
        "anchor": anchor,
        "base": bound.auto_id,
        "described": described,
        "choices": choices,
        "others_chosen": any(one["chosen"] for one in choices[1:]),
        "control": "" if kind == "choices" else bound.as_widget(widget=widget, attrs=attrs),
        "numeric": getattr(widget, "input_type", "") == "number",
        **{
            name: getattr(field, name, "")
            for name in (
                "limit_note",
                "was",
                "unit",
                "prefix",
                "optional",
                "wide",
                "folded",
                "choice_help",
                "when",
                "off",
                "both",
            )
        },
    }
