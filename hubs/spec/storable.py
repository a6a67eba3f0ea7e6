"""What no database and no file can keep, wherever it stands in data that people typed or sent. Pure."""

from collections.abc import Iterator
from typing import Any

LARGEST = 2**63  # a whole number that every program reads


def is_storable(text: str) -> bool:
    """PostgreSQL refuses the null character (YAML and JSON write it as an escape), and a lone surrogate (a program can
    send one in JSON) is not text at all."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def unkept(tree: Any) -> str:
    """Why this can't be kept, as a sentence; "" when it can. Python does not write out numbers of thousands of
    digits."""
    for one in _scalars(tree):
        if isinstance(one, str) and not is_storable(one):
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
