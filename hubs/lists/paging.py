"""A page of a list, with links to the previous and next pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db.models import QuerySet

from hubs.lists.keyset import Key, Ordered, Source

AFTER, BEFORE = "after", "before"
COUNTED = 1000  # rows are counted up to this number; pages show more as "1,000+"


@dataclass(frozen=True)
class Page:
    """`next` and `previous` are the values of `?after=` and `?before=`, or "" if there is no such page."""

    object_list: list[Any]
    next: str = ""
    previous: str = ""
    first: bool = True

    def __iter__(self) -> Iterator[Any]:
        return iter(self.object_list)

    def __len__(self) -> int:
        return len(self.object_list)

    def __bool__(self) -> bool:
        return bool(self.object_list)


def _salt(source: Source) -> str:
    """Return the salt: a position in one order is not valid in another."""
    return f"list page {' '.join(source.order)}"


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    return {"date": value.isoformat()} if isinstance(value, date) else value


def _read(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    [(kind, text)] = value.items()
    return datetime.fromisoformat(text) if kind == "datetime" else date.fromisoformat(text)


def _address(source: Source, row: Any) -> str:
    """Return the signed key of a row, so that only values of existing rows reach the database."""
    return signing.dumps([_told(value) for value in source.key(row)], salt=_salt(source))


def _key(source: Source, text: str) -> Key | None:
    try:
        return [_read(value) for value in signing.loads(text, salt=_salt(source))]
    except signing.BadSignature:
        return None  # an outdated or mistyped address shows the first page


def page_of(source: Source, size: int, params: Mapping[str, str]) -> Page:
    """Return the page that the parameters refer to, or the first one if they are invalid. Usually one query (see
    keyset.py)."""
    backwards = BEFORE in params
    past = _key(source, params.get(BEFORE) or params.get(AFTER) or "")
    if past is not None:
        found = source.take(size + 1, past, backwards=backwards)
        rows = found[:size]
        if backwards and len(found) > size:
            rows.reverse()
            return Page(rows, _address(source, rows[-1]), _address(source, rows[0]), first=False)
        if rows and not backwards:
            more = _address(source, rows[-1]) if len(found) > size else ""
            return Page(rows, more, _address(source, rows[0]), first=False)
    found = source.take(size + 1)
    rows = found[:size]
    return Page(rows, _address(source, rows[-1]) if len(found) > size else "")


def ordered_page(rows: QuerySet[Any], size: int, params: Mapping[str, str], *order: str) -> Page:
    """Return a page of rows in this order, whose last column must be unique."""
    return page_of(Ordered(rows, order), size, params)


def counted(rows: QuerySet[Any]) -> int:
    """Return the number of rows, or COUNTED + 1 if there are more: it reads no more of them."""
    found: int = rows.order_by()[: COUNTED + 1].count()
    return found
