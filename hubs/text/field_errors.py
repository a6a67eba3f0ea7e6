"""Plain words for the errors of Django's form fields and validators. A field's own `error_messages` win."""

from typing import Any

from django import forms
from django.core import validators

from hubs.language import lazy, lazy_plural

REQUIRED: dict[type[forms.Field], Any] = {
    forms.Field: lazy("Fill in this field."),
    forms.ChoiceField: lazy("Choose an option."),
    forms.ModelChoiceField: lazy("Choose an option."),
    forms.MultipleChoiceField: lazy("Choose at least one."),
    forms.BooleanField: lazy("Select this box to continue."),
    forms.FileField: lazy("Choose a file."),
}  # fmt: skip


def install() -> None:
    """Set the words. Called once, when the portal starts."""
    for field, words in REQUIRED.items():
        field.default_error_messages = {**field.default_error_messages, "required": words}
    validators.MinValueValidator.message = lazy("Enter %(limit_value)s or more.")
    validators.MaxValueValidator.message = lazy("Enter %(limit_value)s or less.")
    validators.MinLengthValidator.message = lazy_plural(
        "Enter at least %(limit_value)d character.", "Enter at least %(limit_value)d characters.", "limit_value"
    )
    validators.MaxLengthValidator.message = lazy_plural(
        "Enter at most %(limit_value)d character. This has %(show_value)d.",
        "Enter at most %(limit_value)d characters. This has %(show_value)d.",
        "limit_value",
    )
    validators.validate_slug.message = lazy("Enter only letters, digits, underscores and hyphens.")
