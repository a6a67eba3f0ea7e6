"""Detect values that databases and files can't store, anywhere in data that people sent. Pure."""

from collections.abc import Iterator
from typing import Any

from hubs.language import _

LARGEST = 2**63  # the largest whole number that all software can read


def is_storable(text: str) -> bool:
    """Whether a text can be stored. PostgreSQL refuses the null character (an escape in YAML and JSON), and a lone
    surrogate (possible in JSON) is not valid text."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def unkept(tree: Any) -> str:
    """Return why this can't be stored, as a sentence, or "" if it can. Python can't write out numbers with thousands
    of digits."""
    for one in _scalars(tree):
        if isinstance(one, str) and not is_storable(one):
            return _("This has a character that can’t be stored. Type the text instead of pasting it.")
        if isinstance(one, int) and abs(one) > LARGEST:
            return _("This number is too large. Put it in quotes if it is text.")
    return ""


def _scalars(tree: Any) -> Iterator[Any]:
    """Yield every key and every value, without recursion."""
    rest = [tree]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            yield from one
            rest += one.values()
        elif isinstance(one, list | tuple):
            rest += one
        else:
            yield one
