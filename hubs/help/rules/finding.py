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


def _piece(text: str, query: str) -> tuple[str, str, str]:
    """Return the text around the query, or around the first of its words, cut between words."""
    lower = text.casefold()
    if len(lower) != len(text):  # letters that have another length in lower case
        return text[: 2 * AROUND], "", ""
    at, word = lower.find(query), query
    if at < 0:
        at, word = min(((lower.find(one), one) for one in words(query) if one in lower), default=(0, ""))
    end = at + len(word)
    start = lower.find(" ", at - AROUND) + 1 if at > AROUND else 0
    stop = lower.rfind(" ", end, end + AROUND) if len(text) > end + AROUND else len(text)
    stop = stop if stop > end else end
    return ("… " if start else "") + text[start:at], text[at:end], text[end:stop] + (" …" if stop < len(text) else "")


def search(documents: Iterable[tuple[str, Document]], query: str) -> list[Found]:
    """Return the parts that have every word of the query, best first; equal ones in the order of the guides."""
    asked = words(query)
    scored = [
        (score(asked, part.title, part.text), slug, part) for slug, document in documents for part in document.parts
    ]
    best = sorted((one for one in scored if one[0]), key=lambda one: -one[0])[:MOST]
    return [Found(slug, part, *_piece(part.text, " ".join(asked))) for _, slug, part in best]
