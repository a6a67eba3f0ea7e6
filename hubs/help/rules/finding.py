"""Search in the guides: each word has to be in a part or in its title. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hubs.help.rules.documents import Document, Part
from hubs.text.searching import score, words

MOST = 30  # parts on a page of results
AROUND = 90  # characters shown on each side of the first word found


@dataclass(frozen=True)
class Found:
    """A part that has all the words, and a piece of its text: before the phrase or word found, that, and after it."""

    guide: str
    part: Part
    before: str
    word: str
    after: str


def _match(lower: str, asked: list[str]) -> tuple[int, str]:
    """Return the position of the phrase, or of the first word in the sentence that has the most of them, with it."""
    phrase = " ".join(asked)
    if phrase in lower:
        return lower.find(phrase), phrase
    sentences = re.finditer(r".+?(?:[.!?](?= )|$)", lower, re.MULTILINE)
    best = max(sentences, key=lambda one: sum(word in one[0] for word in asked), default=None)
    found = [(best.start() + best[0].find(word), word) for word in asked if word in best[0]] if best else []
    return min(found, default=(0, ""))


def _piece(text: str, asked: list[str]) -> tuple[str, str, str]:
    """Return the sentence or row with the phrase, or with most of its words, cut between words where it is long."""
    lower = text.casefold()
    if len(lower) != len(text):  # letters that have another length in lower case
        return text[: 2 * AROUND], "", ""
    at, word = _match(lower, asked)
    end = at + len(word)
    start = lower.find(" ", at - AROUND) + 1 if at > AROUND else 0
    start = at - len(re.split(r"(?<=[.!?] )|(?<=\n)", lower[start:at])[-1])
    most = start + 2 * AROUND + len(word)
    stop = lower.rfind(" ", end, most) if len(text) > most else len(text)
    stop = lower.find("\n", end, stop) if "\n" in lower[end:stop] else max(stop, end)
    return ("… " if start else "") + text[start:at], text[at:end], text[end:stop] + (" …" if stop < len(text) else "")


def search(documents: Iterable[tuple[str, int, Document]], query: str) -> list[Found]:
    """Return the parts that have every word of the query, best first; equal ones in the order of the guides.

    Each document comes with its name and its weight, with which the scores of its parts are multiplied.
    """
    asked = words(query)
    scored = [
        (weight * score(asked, part.title, part.text), slug, part)
        for slug, weight, document in documents
        for part in document.parts
    ]
    best = sorted((one for one in scored if one[0]), key=lambda one: -one[0])[:MOST]
    return [Found(slug, part, *_piece(part.text, asked)) for _, slug, part in best]
