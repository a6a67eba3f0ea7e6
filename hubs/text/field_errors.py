"""Plain words for the errors of Django's form fields and validators. A field's own `error_messages` win."""

from typing import Any

from django import forms
from django.core import validators
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

REQUIRED: dict[type[forms.Field], Any] = {
    forms.Field: _("Fill in this field."),
    forms.ChoiceField: _("Choose an option."),
    forms.ModelChoiceField: _("Choose an option."),
    forms.MultipleChoiceField: _("Choose at least one."),
    forms.BooleanField: _("Select this box to continue."),
    forms.FileField: _("Choose a file."),
}  # fmt: skip


def install() -> None:
    """Set the words. Called once, when the portal starts."""
    for field, words in REQUIRED.items():
        field.default_error_messages = {**field.default_error_messages, "required": words}
    validators.MinValueValidator.message = _("Enter %(limit_value)s or more.")
    validators.MaxValueValidator.message = _("Enter %(limit_value)s or less.")
    validators.MinLengthValidator.message = ngettext_lazy(
        "Enter at least %(limit_value)d character.", "Enter at least %(limit_value)d characters.", "limit_value"
    )
    validators.MaxLengthValidator.message = ngettext_lazy(
        "Enter at most %(limit_value)d character. This has %(show_value)d.",
        "Enter at most %(limit_value)d characters. This has %(show_value)d.",
        "limit_value",
    )
    validators.validate_slug.message = _("Enter only letters, digits, underscores and hyphens.")
