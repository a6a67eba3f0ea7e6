"""Search in the guides: each word has to be in a part or in its title. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from hubs.help.rules.documents import Document, Part
from hubs.text.searching import score, words

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


def _piece(part: Part, asked: list[str]) -> tuple[str, str, str]:
    lower = part.text.casefold()
    at, word = min(((lower.find(word), word) for word in asked if word in lower), default=(-1, ""))
    if at < 0 or len(lower) != len(part.text):  # only in the title; or letters that have another length in lower case
        return part.text[: 2 * AROUND], "", ""
    end = at + len(word)
    start = part.text.find(" ", max(at - AROUND, 0)) + 1 if at > AROUND else 0
    return part.text[start:at], part.text[at:end], part.text[end : end + AROUND]


def search(documents: Iterable[tuple[str, Document]], query: str) -> list[Found]:
    """Return the parts that have every word of the query, best first; equal ones in the order of the guides."""
    asked = words(query)
    scored = [
        (score(asked, part.title, part.text), slug, part) for slug, document in documents for part in document.parts
    ]
    best = sorted((one for one in scored if one[0]), key=lambda one: -one[0])[:MOST]
    return [Found(slug, part, *_piece(part, asked)) for _, slug, part in best]
