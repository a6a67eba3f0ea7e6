"""Several sentences as one, so that a column keeps them for readers of other languages."""

from collections.abc import Sequence
from functools import reduce

from hubs.language import _


def in_turn(sentences: Sequence[str]) -> str:
    """
    >>> in_turn(["One.", "Two.", "Three."])
    'One. Two. Three.'
    """
    return reduce(lambda some, last: _("{some} {last}", some=some, last=last), sentences) if sentences else ""


def enumerated(parts: Sequence[str]) -> str:
    """
    >>> enumerated(["one", "two", "three"])
    'one; two; three'
    """
    return reduce(lambda some, last: _("{some}; {last}", some=some, last=last), parts) if parts else ""
