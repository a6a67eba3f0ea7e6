"""What no database and no file can keep, wherever it stands in data that people typed or sent. Pure."""

from collections.abc import Iterator
from typing import Any

LARGEST = 2**63  # a whole number that every program reads


def unkept(tree: Any) -> str:
    """Why this can't be kept, as a sentence; "" when it can. PostgreSQL refuses the null character (YAML and JSON write
    it as an escape), a lone surrogate is no text, and Python does not write out numbers of thousands of digits."""
    for one in _scalars(tree):
        if isinstance(one, str) and ("\x00" in one or any("\ud800" <= letter <= "\udfff" for letter in one)):
            return "This has a character that can’t be kept. Type it anew instead of pasting it."
        if isinstance(one, int) and abs(one) > LARGEST:
            return "This number is too large. Write it in quotes if it is a text."
    return ""


def _scalars(tree: Any) -> Iterator[Any]:
    """Every name and every value. Without recursion."""
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
