"""Search in the guides: each word has to be in a part or in its title. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from hubs.help.rules.documents import Document, Part

MOST = 30  # parts on a page of results
AROUND = 90  # characters shown on each side of the first word found


@dataclass(frozen=True)
class Found:
    """A part that has all the words, and a piece of its text: before the first word found, that word, and after it."""

    guide: str
    part: Part
    before: str
    word: str
    after: str


def _score(part: Part, words: list[str]) -> int:
    """Return how well a part fits, or 0 if a word is missing. A word in the title counts as much as four elsewhere."""
    title, text = part.title.casefold(), part.text.casefold()
    each = [4 * (word in title) + (word in text) for word in words]
    return sum(each) if all(each) else 0


def _piece(part: Part, words: list[str]) -> tuple[str, str, str]:
    lower = part.text.casefold()
    at, word = min(((lower.find(word), word) for word in words if word in lower), default=(-1, ""))
    if at < 0 or len(lower) != len(part.text):  # only in the title; or letters that have another length in lower case
        return part.text[: 2 * AROUND], "", ""
    end = at + len(word)
    start = part.text.find(" ", max(at - AROUND, 0)) + 1 if at > AROUND else 0
    return part.text[start:at], part.text[at:end], part.text[end : end + AROUND]


def search(documents: Iterable[tuple[str, Document]], query: str) -> list[Found]:
    """Return the parts that have every word of the query, best first; equal ones in the order of the guides."""
    words = query.casefold().split()
    if not words:
        return []
    scored = [
        (_score(part, words), slug, part) for slug, document in documents for part in document.parts if part.title
    ]
    best = sorted((one for one in scored if one[0]), key=lambda one: -one[0])[:MOST]
    return [Found(slug, part, *_piece(part, words)) for _, slug, part in best]
