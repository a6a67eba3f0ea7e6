"""Filters of lists: one FilterSet per list, for its page and for the API, so that both find the same rows.

A page shows it as a form and ignores invalid values; the API derives its parameters from it (hubs/api/filters.py) and
refuses invalid values.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest

from hubs.language import lazy

Choices = Iterable[tuple[str, str]]
ANY = ("", lazy("All"))
Rows = TypeVar("Rows", bound=QuerySet[Any])


class OneOf(forms.Select):
    """A select for one of the values, of which the API accepts several."""

    def __init__(self) -> None:
        super().__init__(attrs={"data-submit": True})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        told = data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]
        return [value for value in told if value]


class Words(forms.CharField):
    """Text that is always valid: null characters, and text that is too long for a name, are cut off."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\0", "")[: self.max_length]


class WordsFilter(django_filters.CharFilter):
    field_class = Words


def words(help_text: str, method: str = "by_words", *, shortened: bool = False) -> django_filters.CharFilter:
    """Return a filter by part of a name. Invalid text is ignored, or `shortened` to what is valid."""
    kind = WordsFilter if shortened else django_filters.CharFilter
    return kind(method=method, label=lazy("Search"), max_length=100, help_text=help_text)


def text(column: str, label: str, help_text: str) -> django_filters.CharFilter:
    """Return a filter by an exact value."""
    return django_filters.CharFilter(field_name=column, label=label, max_length=100, help_text=help_text)


def some_of(
    column: str, label: str, choices: Choices, help_text: str, method: Any = None
) -> django_filters.MultipleChoiceFilter:
    """Return a filter by one or more of these choices."""
    return django_filters.MultipleChoiceFilter(
        field_name=column, label=label, choices=list(choices), help_text=help_text, method=method, distinct=False,
        widget=OneOf(),
    )  # fmt: skip


class ListFilters(django_filters.FilterSet):
    """`offers` are the choices that a page offers, by filter name: a filter that takes any text in the API is a select
    on the page. SORTS are the orders of the page, the default first."""

    SORTS: ClassVar[Mapping[str, tuple[str, tuple[str, ...]]]] = {}

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        request: HttpRequest | None = None,
        offers: Mapping[str, Choices] | None = None,
    ) -> None:
        self.offers = offers or {}
        super().__init__(data, request=request)
        self.form.is_valid()

    def get_form_class(self) -> type[forms.Form]:
        def select(label: str | None, choices: Choices) -> forms.ChoiceField:
            widget = forms.Select(attrs={"data-submit": True})
            return forms.ChoiceField(required=False, choices=list(choices), label=label, widget=widget)

        fields = dict[str, forms.Field]()
        for name, choices in self.offers.items():
            several = isinstance(self.filters[name], django_filters.MultipleChoiceFilter)
            fields[name] = self.filters[name].field if several else select(self.filters[name].label, choices)
            if several:  # the first choice is “all”
                fields[name].widget.choices = list(choices)
        if self.SORTS:
            fields["sort"] = select(lazy("Order"), [(name, label) for name, (label, _) in self.SORTS.items()])
        return type("Filters", (super().get_form_class(),), fields)

    def __getitem__(self, name: str) -> forms.BoundField:
        """Return a field, for templates."""
        found: forms.BoundField = self.form[name]
        return found

    def chosen(self, name: str) -> Any:
        return self.form.cleaned_data.get(name) or ""

    @property
    def any(self) -> bool:
        """Return whether any filter is set, not counting the order."""
        return any(self.chosen(name) for name in self.filters)

    def narrow(self, rows: Rows, values: Mapping[str, Any] | None = None) -> Rows:
        """Return the rows that match the form's values, or these values."""
        for name, value in (self.form.cleaned_data if values is None else values).items():
            if value and name in self.filters:
                rows = self.filters[name].filter(rows, value)
        return rows

    @property
    def order(self) -> tuple[str, ...]:
        return self.SORTS[self.chosen("sort")][1]
