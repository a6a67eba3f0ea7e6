"""Rows in an order, from behind one of them: what a list page costs does not depend on how long the list is.

An OFFSET reads all rows before the page, and a number of pages reads all rows. Here a page says behind which row the
next one begins, by the values that the row is sorted by, so an index leads there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Protocol

from django.core.exceptions import FieldDoesNotExist
from django.db import connections
from django.db.models import Model, Q, QuerySet

Key = Sequence[Any]  # what a row is sorted by


class Source(Protocol):
    """What a page is taken from."""

    @property
    def order(self) -> tuple[str, ...]: ...

    def key(self, row: Any) -> list[Any]: ...

    def take(self, count: int, past: Key | None = None, *, backwards: bool = False) -> list[Any]: ...


@dataclass(frozen=True)
class Column:
    """One of the names that rows are sorted by."""

    name: str
    descends: bool
    nulls_last: bool | None  # None: it is never null

    def at(self, value: Any) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def past(self, value: Any) -> Q:
        """Behind this value."""
        if value is None:
            return Q(pk__in=[]) if self.nulls_last else Q(**{f"{self.name}__isnull": False})
        found = Q(**{f"{self.name}__{'lt' if self.descends else 'gt'}": value})
        return found | Q(**{f"{self.name}__isnull": True}) if self.nulls_last else found

    def reaches(self, value: Any) -> Q:
        """At or behind this value. It says nothing new beside `past`, but an index can begin there."""
        if value is None or self.nulls_last:
            return Q()
        return Q(**{f"{self.name}__{'lte' if self.descends else 'gte'}": value})


def turned(order: Sequence[str]) -> tuple[str, ...]:
    """The same order from its end."""
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in order)


def value_of(row: Any, name: str) -> Any:
    """`organization__name` of a row, None where the way there ends."""
    return reduce(lambda at, part: getattr(at, part, None), name.removeprefix("-").split("__"), row)


def _nullable(model: type[Model] | None, path: str) -> bool:
    """May this be null? What is no column (an annotation) is expected never to be."""
    for part in path.split("__"):
        if part == "pk" or model is None:
            return False
        try:
            column = model._meta.get_field(part)
        except FieldDoesNotExist:
            return False
        if getattr(column, "null", False):
            return True
        model = column.related_model
    return False


def _ranges(rows: QuerySet[Any], order: tuple[str, ...], past: Key) -> Iterator[QuerySet[Any]]:
    """What is behind the key, in pieces that follow each other, each one range of an index in this order: rows that
    differ in the last two columns only, then in the one before them, and so on. The first one mostly fills a page."""
    largest = connections[rows.db].features.nulls_order_largest
    columns = []
    for each in order:
        name, descends = each.removeprefix("-"), each.startswith("-")
        columns.append(Column(name, descends, largest != descends if _nullable(rows.model, name) else None))
    pairs = list(zip(columns, past, strict=True))
    *before, (last, value) = pairs
    if before:
        *before, (second, at) = before
        either = second.past(at) | (second.at(at) & last.past(value))
        yield rows.filter(*(column.at(each) for column, each in before), second.reaches(at), either)
    else:
        yield rows.filter(last.past(value))
    while before:
        *before, (column, at) = before
        yield rows.filter(*(one.at(each) for one, each in before), column.past(at))


@dataclass(frozen=True)
class Ordered:
    """Rows in this order, whose last column is unique."""

    rows: QuerySet[Any]
    order: tuple[str, ...]

    def key(self, row: Any) -> list[Any]:
        return [value_of(row, name) for name in self.order]

    def take(self, count: int, past: Key | None = None, *, backwards: bool = False) -> list[Any]:
        """So many rows from the start, or behind `past`; backwards, those before it, the nearest first."""
        order = turned(self.order) if backwards else self.order
        rows = self.rows.order_by(*order)
        found: list[Any] = []
        for piece in [rows] if past is None else _ranges(rows, order, past):
            found += piece[: count - len(found)]
            if len(found) == count:
                break
        return found


@dataclass(frozen=True)
class Merged:
    """Rows that fit one of several conditions. An index leads through what fits each of them, and none through all:
    so each gives its first rows, and of those the first ones are taken. A query a condition, and one for the rows."""

    rows: QuerySet[Any]
    parts: Sequence[Q]
    order: tuple[str, ...]

    def key(self, row: Any) -> list[Any]:
        return Ordered(self.rows, self.order).key(row)

    def take(self, count: int, past: Key | None = None, *, backwards: bool = False) -> list[Any]:
        if len(self.parts) == 1:
            return Ordered(self.rows.filter(self.parts[0]), self.order).take(count, past, backwards=backwards)
        found = set[Any]()
        for part in self.parts:
            ids = Ordered(self.rows.filter(part).values_list("pk", flat=True), self.order)
            found.update(ids.take(count, past, backwards=backwards))
        order = turned(self.order) if backwards else self.order
        return list(self.rows.filter(pk__in=found).order_by(*order)[:count])


@dataclass(frozen=True)
class ByPlace:
    """Hubs place by place, in each in the order `within`. No index leads through joined rows in the order of both, so
    the places are walked one after the other, then two, four, ... of them at a time: most pages are one query."""

    hubs_of: Callable[[Sequence[int]], QuerySet[Any]]  # these places' hubs
    places: Sequence[int]  # organisations in their order
    within: tuple[str, ...]
    at_once: bool = False  # hubs are few in many places (a search): one query for all of them
    order: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "order", ("organization__name", "organization_id", *self.within))

    def key(self, row: Any) -> list[Any]:
        return [row.organization_id, *(value_of(row, name) for name in self.within)]

    def take(self, count: int, past: Key | None = None, *, backwards: bool = False) -> list[Any]:
        places, found = list(self.places), list[Any]()
        if backwards:
            places.reverse()
        if past is not None and past[0] in places:
            here = Ordered(self.hubs_of([past[0]]), self.within)
            found = here.take(count, past[1:], backwards=backwards)
            places = places[places.index(past[0]) + 1 :]
        many = len(places) if self.at_once else 1
        while places and len(found) < count:
            some, places = places[:many], places[many:]
            order = self.order if len(some) > 1 else self.within  # in one place an index leads through it
            found += Ordered(self.hubs_of(some), order).take(count - len(found), backwards=backwards)
            many *= 2
        return found
