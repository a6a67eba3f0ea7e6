"""A choice field that reads its rows once per page, for the widget, the template and the view."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator


class _ReadOnce(ModelChoiceIterator):  # type: ignore[type-arg]
    """Django's own iterator queries the database on each iteration."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for row in self.queryset:
            yield self.choice(row)


class RowChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A ModelChoiceField whose `queryset` caches its rows. For short lists, such as those of a <select>."""

    iterator = _ReadOnce
