"""Mapping of names: columns and form fields in snake_case, API fields in camelCase."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django import forms
from rest_framework import serializers

from hubs.errors import Invalid
from hubs.language import _


def columns(shape: type[serializers.Serializer]) -> dict[str, str]:
    """Return the mapping API field -> column."""
    return {name: field.source or name for name, field in shape().fields.items()}


Errors = dict[str, list[str]]


@contextmanager
def renamed(rename: Callable[[Errors], Errors]) -> Iterator[None]:
    """Rename the fields of Invalid errors of a service or form to those of the body."""
    try:
        yield
    except Invalid as error:
        raise Invalid(error.message, rename(error.errors)) from error


def each(name: Callable[[str], str]) -> AbstractContextManager[None]:
    """Like `renamed`, with a function for each path."""
    return renamed(lambda errors: {name(path): words for path, words in errors.items()})


def named_as(shape: type[serializers.Serializer], **others: str) -> AbstractContextManager[None]:
    """Like `renamed`, from columns to the fields of this shape; `others` are column="field"."""
    known = {column: name for name, column in columns(shape).items()} | others
    return each(lambda column: known.get(column, column))


def checked(form: forms.Form) -> dict[str, Any]:
    """Return a form's cleaned data, so that its rules apply to the API, too. Raise Invalid by the form's fields."""
    if not form.is_valid():
        errors = {"" if name == "__all__" else name: [str(one) for one in words] for name, words in form.errors.items()}
        raise Invalid(_("Some fields have errors."), errors)
    return form.cleaned_data
