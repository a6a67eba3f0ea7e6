"""What a list may be narrowed to: one FilterSet a list, for its page and for the API, so that both find the same.

A page draws it as a form (what makes no sense there is as if nothing was chosen); the API makes its parameters from it
(hubs/api/filters.py) and refuses what makes no sense.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest

Choices = Iterable[tuple[str, str]]
ANY = ("", "All")
Rows = TypeVar("Rows", bound=QuerySet[Any])


class OneOf(forms.Select):
    """A page chooses one of what the API may name several of."""

    def __init__(self) -> None:
        super().__init__(attrs={"data-submit": True})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        told = data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]
        return [value for value in told if value]


class Words(forms.CharField):
    """Never wrong: what no name holds, and what is too long for one, is left out."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\0", "")[: self.max_length]


class WordsFilter(django_filters.CharFilter):
    field_class = Words


def words(help_text: str, method: str = "by_words", *, shortened: bool = False) -> django_filters.CharFilter:
    """Part of a name, anywhere in it. Nonsense is as if nothing was asked for, or `shortened` to what makes sense."""
    kind = WordsFilter if shortened else django_filters.CharFilter
    return kind(method=method, label="Search", max_length=100, help_text=help_text)


def text(column: str, label: str, help_text: str) -> django_filters.CharFilter:
    """Exactly this."""
    return django_filters.CharFilter(field_name=column, label=label, max_length=100, help_text=help_text)


def some_of(
    column: str, label: str, choices: Choices, help_text: str, method: Any = None
) -> django_filters.MultipleChoiceFilter:
    """One or more of these."""
    return django_filters.MultipleChoiceFilter(
        field_name=column, label=label, choices=list(choices), help_text=help_text, method=method, distinct=False,
        widget=OneOf(),
    )  # fmt: skip


class ListFilters(django_filters.FilterSet):
    """`offers` are what a page lets people choose from, by name: a filter that is any text for programs is a list of
    choices for people. SORTS are the orders of the page, the usual one first."""

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
            if several:  # the first choice is none of them
                fields[name].widget.choices = list(choices)
        if self.SORTS:
            fields["sort"] = select("Order", [(name, label) for name, (label, _) in self.SORTS.items()])
        return type("Filters", (super().get_form_class(),), fields)

    def __getitem__(self, name: str) -> forms.BoundField:
        """A field, as templates draw it."""
        found: forms.BoundField = self.form[name]
        return found

    def chosen(self, name: str) -> Any:
        return self.form.cleaned_data.get(name) or ""

    @property
    def any(self) -> bool:
        """Is anything narrowed? Another order is not."""
        return any(self.chosen(name) for name in self.filters)

    def narrow(self, rows: Rows, values: Mapping[str, Any] | None = None) -> Rows:
        """Those that fit what the page was asked for, or these values."""
        for name, value in (self.form.cleaned_data if values is None else values).items():
            if value and name in self.filters:
                rows = self.filters[name].filter(rows, value)
        return rows

    @property
    def order(self) -> tuple[str, ...]:
        return self.SORTS[self.chosen("sort")][1]
