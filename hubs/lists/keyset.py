"""Keyset pagination: the cost of a list page does not depend on the length of the list.

An OFFSET reads all rows before the page, and a number of pages reads all rows. Here a page refers to the row after
which the next page starts, by the values that the rows are sorted by, so an index finds it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Protocol

from django.core.exceptions import FieldDoesNotExist
from django.db import connections
from django.db.models import F, Model, Q, QuerySet, Value

Key = Sequence[Any]  # the values that a row is sorted by
LARGEST_KEY = 2**63 - 1  # of a table


class Source(Protocol):
    """Rows from which pages are taken."""

    @property
    def order(self) -> tuple[str, ...]: ...

    def key(self, row: Any) -> list[Any]: ...

    def take(self, count: int, past: Key | None = None, *, backwards: bool = False) -> list[Any]: ...


@dataclass(frozen=True)
class Column:
    """One of the columns that rows are sorted by."""

    name: str
    descends: bool
    nulls_last: bool | None  # None: the column is never null

    def at(self, value: Any) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def past(self, value: Any) -> Q:
        """Return the condition for rows after this value."""
        if value is None:
            return Q(pk__in=[]) if self.nulls_last else Q(**{f"{self.name}__isnull": False})
        found = Q(**{f"{self.name}__{'lt' if self.descends else 'gt'}": value})
        return found | Q(**{f"{self.name}__isnull": True}) if self.nulls_last else found

    def reaches(self, value: Any) -> Q:
        """Return the condition for rows at or after this value. Redundant with `past`, but an index scan can start
        there."""
        if value is None or self.nulls_last:
            return Q()
        return Q(**{f"{self.name}__{'lte' if self.descends else 'gte'}": value})


def turned(order: Sequence[str]) -> tuple[str, ...]:
    """Return the reverse order."""
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in order)


def value_of(row: Any, name: str) -> Any:
    """Return an attribute such as `organization__name` of a row, or None if part of the path is missing."""
    return reduce(lambda at, part: getattr(at, part, None), name.removeprefix("-").split("__"), row)


def _nullable(model: type[Model] | None, path: str) -> bool:
    """Return whether this path can be null. Annotations are assumed never to be."""
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
    """Yield the rows after the key in consecutive pieces, each one range of an index in this order: rows that differ
    only in the last two columns, then in the one before them, and so on. The first piece usually fills a page."""
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
        """Return `count` rows from the start, or after `past`; backwards, those before it, the nearest first."""
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
    """Rows that match any of several conditions. There is an index for each condition, and none for all of them: so
    the first rows of each are merged. One query per condition, and one for the rows."""

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
class Both:
    """Rows of several tables in one list. Their orders have the same directions and end with the key; rows that are
    equal otherwise come in the order of `parts`. The database compares the values, so that its collation counts: one
    query more than the parts need."""

    parts: Sequence[Ordered | Merged]

    @property
    def order(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts for name in part.order)

    def key(self, row: Any) -> list[Any]:
        at = next(at for at, part in enumerate(self.parts) if isinstance(row, part.rows.model))
        *values, pk = self.parts[at].key(row)
        return [*values, at, pk]

    def take(self, count: int, past: Key | None = None, *, backwards: bool = False) -> list[Any]:
        found = {
            (at, row.pk): row
            for at, part in enumerate(self.parts)
            for row in part.take(count, self._past(at, past), backwards=backwards)
        }
        return [found[one] for one in self._sorted(list(found), backwards)][:count]

    def _past(self, at: int, past: Key | None) -> Key | None:
        """Return the key for one of the parts: of the same row, or before or after all rows with the same values."""
        if past is None:
            return None
        *values, which, pk = past
        if at != which:
            first, last = (LARGEST_KEY, 0) if self.parts[at].order[-1].startswith("-") else (0, LARGEST_KEY)
            pk = first if at > which else last
        return [*values, pk]

    def _sorted(self, ids: Sequence[tuple[int, int]], backwards: bool) -> list[tuple[int, int]]:
        if not ids:
            return []
        queries, order = list[QuerySet[Any]](), list[str]()
        for at, part in enumerate(self.parts):
            columns = {f"by_{n}": F(name.removeprefix("-")) for n, name in enumerate(part.order[:-1])}
            rows = part.rows.filter(pk__in=[pk for which, pk in ids if which == at]).order_by()
            queries.append(rows.annotate(**columns, at=Value(at)).values_list("at", "pk", *columns))
            signs = ["-" if name.startswith("-") else "" for name in part.order]
            order = [*(f"{sign}by_{n}" for n, sign in enumerate(signs[:-1])), "at", f"{signs[-1]}pk"]
        rows = queries[0].union(*queries[1:], all=True)
        return [(row[0], row[1]) for row in rows.order_by(*(turned(order) if backwards else order))]


@dataclass(frozen=True)
class ByPlace:
    """Hubs by organisation, and in each organisation in the order `within`. No index covers joined rows in the order of
    both, so organisations are read one after the other, then two, four, ... at a time: most pages are one query."""

    hubs_of: Callable[[Sequence[int]], QuerySet[Any]]  # the hubs of these organisations
    places: Sequence[int]  # organisations in their order
    within: tuple[str, ...]
    at_once: bool = False  # few hubs in many organisations (a search): one query for all of them
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
            order = self.order if len(some) > 1 else self.within  # within one organisation there is an index
            found += Ordered(self.hubs_of(some), order).take(count - len(found), backwards=backwards)
            many *= 2
        return found
