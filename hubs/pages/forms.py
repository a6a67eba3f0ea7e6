"""What every page does with a form that calls a service."""

from collections.abc import Callable
from typing import Any

from django import forms

from hubs.errors import Invalid


def beside(form: forms.Form, errors: dict[str, list[str]]) -> None:
    """Put a service's sentences beside the fields of a bound form; what has no field goes on top."""
    form.full_clean()
    form.errors.clear()  # one judge, or everything is said twice
    for name, sentences in errors.items():
        form.add_error(name if name in form.fields else None, list(sentences))


def tried(
    form: forms.Form, service: Callable[..., Any], typed: Callable[[], dict[str, Any]] | None = None, *,
    field: Callable[[str], str] = str, **given: Any,
) -> Any:  # fmt: skip
    """What the service made of the form, or True where it makes nothing. None for a form that was not sent, or where
    something is wrong: that stands beside its fields then. The service gets what was `typed`, which is the form's
    cleaned data unless said otherwise; `field` is where a name of the service stands on the form."""
    if not form.is_valid():
        return None
    try:
        return service(**given, **(typed() if typed else form.cleaned_data)) or True
    except Invalid as error:
        beside(form, {field(name): sentences for name, sentences in error.errors.items()})
        return None
