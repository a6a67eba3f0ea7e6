"""Search in the guides: each word, or one that means the same, has to be in a part or in its title. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hubs.help.rules.documents import Document, Part
from hubs.language import lazy
from hubs.spec.finding import FILLER

MOST = 30  # parts on a page of results
AROUND = 90  # characters shown on each side of the first word found
SHORT = 3  # words up to this length have to be whole: "GiB" is not in "gibt"
PART = 6  # words from this length on may be the end of a longer one: "Speicher" of "Arbeitsspeicher"
# Words that mean the same to a reader, in groups. Each language has its own, of any number.
ALIKE = lazy(
    "invite invitation invited add; student learner pupil participant people; distribute share; "
    "extend prolong renew; delete remove retire; ram memory; login password sign-in; "
    "material assignment exercise content notebook; error problem wrong stalled; cost price"
)
ENDING = re.compile(r"(?<=\w{4})(?:e[ns]?|[ns])$")  # of a plural or a verb
BEGINS, ENDS = r"(?<![^\W_])", r"(?![^\W_])"


@dataclass(frozen=True)
class Word:
    """A word of a query, as patterns: itself, and those that mean the same."""

    own: re.Pattern[str]
    alike: re.Pattern[str] | None

    def score(self, title: str, text: str) -> int:
        """Return 0 if it is missing. A word in the title counts as much as four in the text."""
        if own := 4 * bool(self.own.search(title)) + bool(self.own.search(text)):
            return own
        return bool(self.alike.search(title)) + bool(self.alike.search(text)) if self.alike else 0

    def found(self, text: str) -> re.Match[str] | None:
        return self.own.search(text) or (self.alike.search(text) if self.alike else None)


def _pattern(each: Iterable[str]) -> re.Pattern[str]:
    """Return what finds one of these words, also with another ending, or at the end of a compound."""
    return re.compile("|".join(map(_one, each)))


def _one(word: str) -> str:
    if len(word) <= SHORT:
        return rf"{BEGINS}{re.escape(word)}(?:e[ns]?|[ns])?{ENDS}"
    stem = re.escape(ENDING.sub("", word))
    end = rf"|\w*{stem}(?:e[ns]?|[ns])?{ENDS}" if len(word) >= PART else ""
    return rf"{BEGINS}{stem}\w*{end}"


def asked_for(query: str) -> list[Word]:
    """Return the words of a query, without those that say nothing unless there are no others."""
    filler = frozenset(str(FILLER).split())
    each = query.lower().split()
    groups = [group.lower().split() for group in str(ALIKE).split(";")]
    found = []
    for word in [one for one in each if one not in filler] or each:
        stem = ENDING.sub("", word)
        alike = [one for group in groups if stem in [ENDING.sub("", one) for one in group] for one in group]
        found.append(Word(_pattern([word]), _pattern(alike) if alike else None))
    return found


@dataclass(frozen=True)
class Found:
    """A part that has all the words, and a piece of its text: before the phrase or word found, that, and after it."""

    guide: str
    part: Part
    before: str
    word: str
    after: str


def _match(lower: str, query: str, asked: list[Word]) -> tuple[int, str]:
    """Return the position of the phrase, or of the first word in the sentence that has the most of them, with it."""
    phrase = " ".join(query.lower().split())
    if len(asked) > 1 and (whole := re.search(BEGINS + re.escape(phrase), lower)):
        return whole.start(), phrase
    sentences = re.finditer(r".+?(?:[.!?](?= )|$)", lower, re.MULTILINE)
    best = max(sentences, key=lambda one: sum(bool(word.found(one[0])) for word in asked), default=None)
    found = [(best.start() + one.start(), one[0]) for word in asked if (one := word.found(best[0]))] if best else []
    return min(found, default=(0, ""))


def _piece(text: str, query: str, asked: list[Word]) -> tuple[str, str, str]:
    """Return the sentence or row with the phrase, or with most of its words, cut between words where it is long."""
    lower = text.lower()
    if len(lower) != len(text):
        return text[: 2 * AROUND], "", ""  # letters that have another length in lower case
    at, word = _match(lower, query, asked)
    end = at + len(word)
    start = lower.find(" ", at - AROUND) + 1 if at > AROUND else 0
    start = at - len(re.split(r"(?<=[.!?] )|(?<=\n)", lower[start:at])[-1])
    most = start + 2 * AROUND + len(word)
    stop = lower.rfind(" ", end, most) if len(text) > most else len(text)
    stop = lower.find("\n", end, stop) if "\n" in lower[end:stop] else max(stop, end)
    return ("… " if start else "") + text[start:at], text[at:end], text[end:stop] + (" …" if stop < len(text) else "")


def _score(asked: list[Word], part: Part) -> int:
    """Return how well a part fits, or 0 if a word is missing."""
    title, text = part.title.lower(), part.text.lower()
    each = [word.score(title, text) for word in asked]
    return sum(each) if all(each) else 0


def search(documents: Iterable[tuple[str, int, Document]], query: str) -> list[Found]:
    """Return the parts that have every word of the query, or one like it, best first; equal ones in the order of the
    guides.

    Each document comes with its name and its weight, with which the scores of its parts are multiplied.
    """
    asked = asked_for(query)
    scored = [
        (weight * _score(asked, part), slug, part) for slug, weight, document in documents for part in document.parts
    ]
    best = sorted((one for one in scored if one[0]), key=lambda one: -one[0])[:MOST]
    return [Found(slug, part, *_piece(part.text, query, asked)) for _, slug, part in best]
