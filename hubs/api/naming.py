"""Names at both ends: columns and fields of forms in Python's words, fields of the API in its own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django import forms
from rest_framework import serializers

from hubs.errors import Invalid


def columns(shape: type[serializers.Serializer]) -> dict[str, str]:
    """Field of the API -> column."""
    return {name: field.source or name for name, field in shape().fields.items()}


Errors = dict[str, list[str]]


@contextmanager
def renamed(rename: Callable[[Errors], Errors]) -> Iterator[None]:
    """What a service or form refuses in its own names is told in those of the body."""
    try:
        yield
    except Invalid as error:
        raise Invalid(error.message, rename(error.errors)) from error


def each(name: Callable[[str], str]) -> AbstractContextManager[None]:
    """The same, path by path."""
    return renamed(lambda errors: {name(path): words for path, words in errors.items()})


def named_as(shape: type[serializers.Serializer], **others: str) -> AbstractContextManager[None]:
    """The same by column, told by this shape's fields; `others`: column="field"."""
    known = {column: name for name, column in columns(shape).items()} | others
    return each(lambda column: known.get(column, column))


def checked(form: forms.Form) -> dict[str, Any]:
    """A form's cleaned data: its rules count for programs, too. Raises Invalid by its fields."""
    if not form.is_valid():
        errors = {"" if name == "__all__" else name: [str(one) for one in words] for name, words in form.errors.items()}
        raise Invalid("Some answers need another look.", errors)
    return form.cleaned_data
