"""Helpers for pages whose form calls a service."""

from collections.abc import Callable
from typing import Any

from django import forms

from hubs.errors import Invalid, NotAllowed


def beside(form: forms.Form, errors: dict[str, list[str]]) -> None:
    """Add a service's errors to the fields of a bound form; errors without a field go on top."""
    form.full_clean()
    form.errors.clear()  # show the service's errors only, or some would appear twice
    for name, sentences in errors.items():
        form.add_error(name if name in form.fields else None, list(sentences))


def tried(
    form: forms.Form, service: Callable[..., Any], typed: Callable[[], dict[str, Any]] | None = None, *,
    field: Callable[[str], str] = str, **given: Any,
) -> Any:  # fmt: skip
    """Call the service with a valid form, and return its result, or True if that is empty. Return None if the form was
    not submitted or is not valid; errors are then shown at its fields. The service gets the result of `typed`, by
    default the form's cleaned data; `field` maps the service's names to the form's. A refusal is shown above the form,
    so that what was typed is not lost."""
    if not form.is_valid():
        return None
    try:
        return service(**given, **(typed() if typed else form.cleaned_data)) or True
    except Invalid as error:
        beside(form, {field(name): sentences for name, sentences in error.errors.items()})
    except NotAllowed as error:
        beside(form, {"": [error.message]})
    return None
