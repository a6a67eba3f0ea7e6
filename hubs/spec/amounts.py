"""Amounts in words, in the reader's language: sizes, numbers with a unit, alternatives. Pure."""

from collections.abc import Iterable
from functools import reduce

from hubs.language import _, lazy, number, plural

# Units of fields (`Words.unit`), as they stand beside an input.
UNITS: dict[str, str] = {
    "cores": lazy("cores"),
    "minutes": lazy("minutes"),
    "people": lazy("people"),
    "servers": lazy("servers"),
    "GPUs": lazy("GPUs"),
    "characters": lazy("characters"),
    "times": lazy("times"),
}


def unit_text(unit: str) -> str:
    """Return a unit in words, such as "cores"; GiB is the same in all languages."""
    return str(UNITS.get(unit, unit))


def decimal(value: float, digits: int = 4) -> str:
    """Return a number with at most so many digits, but at least whole: 1.656 or 1,656.

    >>> decimal(1.65625), decimal(2048), decimal(20_481)
    ('1.656', '2,048', '20,481')
    """
    return number(round(value) if abs(value) >= 10 ** (digits - 1) else float(f"{value:.{digits}g}"))


def amount(value: float, unit: str) -> str:
    """Return a number with its unit (of `Words`, or "hubs").

    >>> amount(1, "cores"), amount(0.5, "cores"), amount(30, "people")
    ('1 core', '0.5 cores', '30 people')
    """
    text = decimal(value, 6) if isinstance(value, float) else number(value)
    count = int(value) if float(value).is_integer() else 2  # fractions have the form of several
    match unit:
        case "cores":
            return plural("{count} core", "{count} cores", count, count=text)
        case "hubs":
            return plural("{count} hub", "{count} hubs", count, count=text)
        case "people":
            return plural("{count} person", "{count} people", count, count=text)
        case "servers":
            return plural("{count} server", "{count} servers", count, count=text)
        case "GPUs":
            return plural("{count} GPU", "{count} GPUs", count, count=text)
        case "characters":
            return plural("{count} character", "{count} characters", count, count=text)
        case "times":
            return plural("{count} time", "{count} times", count, count=text)
    return f"{text} {unit}"


def either(items: Iterable[str]) -> str:
    """
    >>> either(["a", "b", "c"])
    'a or b or c'
    """
    return reduce(lambda one, other: _("{one} or {other}", one=one, other=other), items)
