"""A choice among rows, which are read once a page: by the widget, by whoever counts them, by the template."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator


class _ReadOnce(ModelChoiceIterator):  # type: ignore[type-arg]
    """Django's own asks the database each time it is looped over."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for row in self.queryset:
            yield self.choice(row)


class RowChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """`queryset` keeps what was read; only for lists that are short, as those of a <select> are."""

    iterator = _ReadOnce
