"""What an audit line stores, and what goes into its record. Pure.

A line is short, so that a page of lines stays readable. What a line has to cut is stored in full in a record, up to a
limit. Neither stores secrets: callers leave them out, and a record masks what still looks like one.
"""

import json
from collections.abc import Mapping
from typing import Any

from hubs.spec.secrets import holds_secret, names_secret

LONGEST = 1000  # characters of one value in a line
LARGEST = 1024 * 1024  # characters of a record
DEEPEST = 6  # levels of a record
NOT_KEPT = "(not stored, because it looks like a secret)"


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(value: Any) -> Any:
    """Return the value itself, or its first characters as text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = _text(value)
    return value if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def shortened(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes ({name: [before, after]}) with every value longer than LONGEST cut. Equal to `changes` if
    nothing is too long."""
    return {
        name: [_short(one) for one in change] if isinstance(change, list) and len(change) == 2 else _short(change)
        for name, change in changes.items()
    }


def _masked(text: str) -> str:
    """Return the text without the lines that look like a secret, or without any text if that is not enough."""
    if not holds_secret(text):
        return text
    lines = [NOT_KEPT if holds_secret(line) else line for line in text.splitlines()]
    rest = "\n".join(lines)
    return NOT_KEPT if "PRIVATE KEY" in text or holds_secret(rest) else rest


class _Keeper:
    """Copies a value in a form that JSON can store, up to LARGEST characters in all."""

    def __init__(self) -> None:
        self.left, self.cut = LARGEST, False

    def keep(self, value: Any, name: str = "", depth: int = 0) -> Any:
        if value is None or isinstance(value, bool | int | float):
            self.left -= 8
            return value
        if isinstance(value, Mapping) and depth < DEEPEST:
            found = {}
            for key, one in value.items():
                if not self._room(len(str(key)) + 4):
                    break
                found[self._clean(str(key))] = self.keep(one, str(key), depth + 1)
            return found
        if isinstance(value, list | tuple) and depth < DEEPEST:
            kept = []
            for one in value:
                if not self._room(4):
                    break
                kept.append(self.keep(one, name, depth + 1))
            return kept
        return self._string(_text(value), name)

    def _room(self, characters: int) -> bool:
        self.left -= characters
        self.cut = self.cut or self.left <= 0
        return self.left > 0

    def _string(self, text: str, name: str) -> str:
        shown = NOT_KEPT if text and names_secret(name) else _masked(text)
        kept = self._clean(shown)[: max(self.left, 0)]
        self.cut = self.cut or len(kept) < len(shown.replace("\0", ""))
        self.left -= len(kept)
        return text if kept == text else kept  # a sentence stays one, for readers of other languages

    @staticmethod
    def _clean(text: str) -> str:
        """Return the text without characters that databases can't store."""
        return text.replace("\0", "").encode("utf-8", "replace").decode()


def record_of(data: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return what is stored of `data`, and whether it had to be cut. Never raises."""
    keeper = _Keeper()
    kept: dict[str, Any] = keeper.keep(data)
    return kept, keeper.cut
