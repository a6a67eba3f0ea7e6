"""Names at both ends: columns and fields of forms in Python's words, fields of the API in its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from rest_framework import serializers

from hubs.errors import Invalid


def columns(shape: type[serializers.Serializer]) -> dict[str, str]:
    """Field of the API -> column."""
    return {name: field.source or name for name, field in shape().fields.items()}


@contextmanager
def named_as(shape: type[serializers.Serializer], **others: str) -> Iterator[None]:
    """What a service or form refuses by column is told by this shape's fields; `others`: column="field"."""
    try:
        yield
    except Invalid as error:
        known = {column: name for name, column in columns(shape).items()} | others
        told = {known.get(name, name): words for name, words in error.errors.items()}
        raise Invalid(error.message, told) from error


def checked(form: forms.Form) -> dict[str, Any]:
    """A form's cleaned data: its rules count for programs, too. Raises Invalid by its fields."""
    if not form.is_valid():
        errors = {"" if name == "__all__" else name: [str(one) for one in words] for name, words in form.errors.items()}
        raise Invalid("Some answers need another look.", errors)
    return form.cleaned_data
