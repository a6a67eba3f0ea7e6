"""Finding the people in a class list. Pure.

The column with the people is found by its cells, not by its heading, so that it works in every language: it is the one
with the most email addresses, or else with the most known user names. Headings only break ties.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice

from hubs.language import lazy
from hubs.roster.rules.group_names import parted
from hubs.spec.offers import group_key
from hubs.spec.types import person

from .headings import FIRST_NAME, GROUPS, LAST_NAME, PEOPLE, USER_NAMES, WHOLE_NAME
from .table import Row, column, rows, share, widest

# Text in angle brackets, or a word. Bounded, so that matching takes linear time.
_ANGLE = re.compile(r"<\s{0,9}(?:mailto:)?([^<>\s]{3,254})\s{0,9}>|([^<>\s,;\"']+)")
_APART = " \t\r\n,;|\"'"
_TEST_STUDENT = frozenset(["student, test", "test student"])  # in every export of a Canvas gradebook
NO_ADDRESS = lazy("There is no email address or user name in this line.")
NOT_ADDRESS = lazy("Not an email address.")
UNKNOWN = lazy("No member has this user name. Enter the email address instead.")
TOO_MANY = lazy("The list is too long. Lines from here on were not read.")
LONGEST_NAME = 150
MOST = 5000  # people and lines that are read; fewer can be added to a hub's list at once
MOST_COLUMNS = 500
SAMPLE = 1000  # rows used to find the column with the people


@dataclass(frozen=True)
class Found:
    """A person on the class list: a normalised address or user name, their groups, and their display name ("" if the
    list has none)."""

    who: str
    groups: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Lost:
    """A line, or a part of one, that was not understood: its number from 1, its text, and why as a sentence."""

    line: int
    text: str
    why: str


@dataclass(frozen=True)
class Reading:
    """The result. `headings` of a table, if it has any; `groups_at`: the columns that were read as groups."""

    people: tuple[Found, ...]
    lost: tuple[Lost, ...] = ()
    headings: tuple[str, ...] = ()
    groups_at: tuple[int, ...] = ()

    @property
    def said(self) -> list[str]:
        """All people, and the text of lines that were not understood, for callers that accept all of a list or nothing
        and report what is wrong."""
        return [found.who for found in self.people] + [lost.text for lost in self.lost]

    @property
    def groups_of(self) -> dict[str, list[str]]:
        return {found.who: list(found.groups) for found in self.people if found.groups}

    @property
    def names_of(self) -> dict[str, str]:
        return {found.who: found.name for found in self.people if found.name}


class _Known:
    """Checks whether a cell is a person. `names`: existing user names, or None if any valid one is accepted."""

    def __init__(self, names: Collection[str] | None) -> None:
        self.names = None if names is None else {name.lower() for name in names}

    def user(self, cell: str) -> bool:
        return self.names is not None and cell.lower() in self.names

    def says_who(self, cell: str) -> bool:
        """Return whether the cell has people, even if misspelt, so that it can't be a heading."""
        return "@" in cell or any(map(self.user, _parts(cell)))

    def judge(self, cell: str) -> tuple[str, str]:
        """Return (who, ""), or ("", why not)."""
        try:
            who = person(cell)
        except ValueError as error:
            return "", str(NOT_ADDRESS) if "@" in cell else str(error)
        return ("", str(UNKNOWN)) if "@" not in who and self.names is not None and who not in self.names else (who, "")


@lru_cache(4096)
def is_address(cell: str) -> bool:
    if "@" not in cell:
        return False
    try:
        return bool(person(cell))
    except ValueError:
        return False


def read(text: str, known: Collection[str] | None = None, groups_at: Iterable[int] | None = None) -> Reading:
    """Return the people in a text. `known`: accepted user names; `groups_at`: the columns with groups, if the headings
    don't show them."""
    judge = _Known(known)
    if _is_of_mail(text):
        return _merged(*_of_mail(text, judge))
    table = list(islice(rows(text), MOST + 2))  # one for headings, and one to notice that there are too many
    at = _people_column(table[:SAMPLE], judge)
    if at is None:
        return _merged(*_plain(table, judge))
    has_headings = not any(map(judge.says_who, table[0][1]))
    headings = tuple(table[0][1]) if has_headings else ()
    body = table[1:] if has_headings else table
    named = tuple(place for place, heading in enumerate(headings) if heading.lower() in GROUPS)
    groups = named if groups_at is None else tuple(place for place in groups_at if 0 <= place < widest(table))
    found, lost = _of_table(body, at, groups, _name_columns(headings, body, at, groups), judge)
    return replace(_merged(found, lost), headings=headings, groups_at=groups)


def _merged(found: list[Found], lost: list[Lost]) -> Reading:
    """Merge the lines of each person, with all their groups."""
    each: dict[str, Found] = {}
    for one in found:
        before = each.get(one.who, Found(one.who))
        groups = {group_key(name): name for name in (*before.groups, *one.groups)}
        each[one.who] = Found(one.who, tuple(groups.values()), before.name or one.name)
    return Reading(tuple(each.values()), tuple(lost))


def _addresses(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _ANGLE.finditer(text) if "@" in (match[1] or match[2]))


def _is_of_mail(text: str) -> bool:
    """Return whether most addresses are in angle brackets, as mail apps write them."""
    addresses = [match[1] for match in islice(_addresses(text), SAMPLE)]
    return sum(map(bool, addresses)) * 2 > len(addresses)


def _of_mail(text: str, judge: _Known) -> tuple[list[Found], list[Lost]]:
    found: list[Found] = []
    lost: list[Lost] = []
    end, line = 0, 1
    for match in _addresses(text):
        before = text[end : match.start()].strip(_APART)
        line += text.count("\n", end, match.start())
        if len(found) + len(lost) >= MOST:
            return found, [*lost, Lost(line, match[0][:100], str(TOO_MANY))]
        who, why = judge.judge((match[1] or match[2]).rstrip("."))
        if why:
            lost.append(Lost(line, match[0][:100], why))
        elif match[1]:
            found.append(Found(who, (), _turned(before.split("\n")[-1].strip(_APART))))
        else:
            found.append(Found(who))
        line += text.count("\n", match.start(), match.end())
        end = match.end()
    if rest := text[end:].strip(_APART):
        lost.append(Lost(line, rest[:100], str(NO_ADDRESS)))
    return found, lost


def _people_column(table: list[Row], judge: _Known) -> int | None:
    """Return the column with the people, or None for a list without columns, in which every cell is a person."""
    width = min(widest(table), MOST_COLUMNS)
    columns = [column(table, at) for at in range(width)]
    has_headings = bool(table) and not any(map(judge.says_who, table[0][1]))
    if width < 2 or (not has_headings and sum(any(map(judge.says_who, cells)) for cells in columns) > 1):
        return None
    heads = [heading.lower() for heading in table[0][1]]

    def weight(at: int) -> tuple[int, int, bool]:
        addresses, users = sum(map(is_address, columns[at])), sum(map(judge.user, columns[at]))
        return addresses, users, at < len(heads) and heads[at] in PEOPLE

    best = max(range(width), key=lambda at: (weight(at), -at))
    if any(weight(best)[:2]):
        return best
    return (
        next((at for at, heading in enumerate(heads) if heading in USER_NAMES), None) if judge.names is None else None
    )


def _plain(table: list[Row], judge: _Known) -> tuple[list[Found], list[Lost]]:
    """Read every cell as a person, except a heading in the first row. Spaces may separate addresses."""
    found: list[Found] = []
    lost: list[Lost] = []
    for place, (line, cells) in enumerate(table):
        for cell in chain.from_iterable(map(_parts, cells)):
            if len(found) + len(lost) >= MOST:
                return found, [*lost, Lost(line, cell[:100], str(TOO_MANY))]
            who, why = judge.judge(cell)
            if not place and cell.lower() in PEOPLE and not judge.user(cell):
                continue
            if not why:
                found.append(Found(who))
            else:
                lost.append(Lost(line, cell[:100], why))
    return found, lost


def _parts(cell: str) -> list[str]:
    parts = [part.strip(_APART) for part in re.split(r"[,;|\t]", cell)]
    return [one for part in parts if part for one in (part.split() if part.count("@") > 1 else [part])]


def _of_table(
    body: list[Row], at: int, groups: tuple[int, ...], names: tuple[int, ...], judge: _Known
) -> tuple[list[Found], list[Lost]]:
    found: list[Found] = []
    lost: list[Lost] = []
    has_addresses = any(map(is_address, column(body, at)))
    for line, cells in body:
        if len(found) + len(lost) >= MOST:
            return found, [*lost, Lost(line, cells[0][:100], str(TOO_MANY))]
        cell = cells[at] if at < len(cells) else ""
        who, why = judge.judge(cell) if cell else ("", str(NO_ADDRESS))
        if why and (cells[0].lower() in _TEST_STUDENT or "points possible" in map(str.lower, cells)):
            continue
        if why:
            why = str(NOT_ADDRESS) if cell and has_addresses else why
            lost.append(Lost(line, (cell or ", ".join(filter(None, cells)))[:100], why))
            continue
        mine = [one for place in groups if place < len(cells) for one in parted(cells[place])]
        name = " ".join(cells[place] for place in names if place < len(cells) and cells[place])
        found.append(Found(who, tuple(mine), _turned(name)))
    return found, lost


def _name_columns(headings: tuple[str, ...], body: list[Row], at: int, groups: tuple[int, ...]) -> tuple[int, ...]:
    """Return the columns with people's names: by known headings, else columns of words left of the addresses."""
    low = [heading.lower() for heading in headings]
    first, last, whole = (
        [place for place, heading in enumerate(low) if heading in among and place != at]
        for among in (FIRST_NAME, LAST_NAME, WHOLE_NAME)
    )
    if first and last:
        return first[0], last[0]
    if whole:
        return (whole[0],)
    words = [place for place in range(at) if place not in groups and share(column(body, place), _is_word) > 0.8]
    return tuple(words[:2])


def _is_word(cell: str) -> bool:
    return any(letter.isalpha() for letter in cell) and not any(letter.isdigit() or letter == "@" for letter in cell)


def _turned(name: str) -> str:
    """Return "Nu, Tam" as "Tam Nu", in one line without invisible characters."""
    last, comma, first = name.partition(",")
    name = f"{first} {last}" if comma and "," not in first and first.strip() else name
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:LONGEST_NAME]
