"""Texts that make a function slow: patterns whose time grows with the square of the text's length."""

import time
from collections.abc import Callable, Iterable
from itertools import product


def slow_texts(look: Callable[[str], object], pieces: Iterable[str], length: int, seconds: float) -> list[str]:
    """Return the pieces, and pairs of them, for which `look` needs more than `seconds` of processor time when they are
    repeated up to `length` characters. Three tries: a garbage collection is slow once, a bad pattern each time."""
    pieces = list(pieces)

    def is_slow(text: str) -> bool:
        began = time.thread_time()
        look(text)
        return time.thread_time() - began > seconds

    pairs = {"".join(pair) for pair in product(pieces, repeat=2)} | set(pieces)
    return [pair for pair in sorted(pairs) if all(is_slow(pair * (length // len(pair)) + "!") for _ in range(3))]
