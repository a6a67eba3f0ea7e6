"""Rows and cells of a pasted or uploaded text. Pure."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator

from hubs.spec.takeaway import plain_cell

MARKS = "\t;,|"  # delimiters of cells; the one of copied spreadsheet cells first
_SEP = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # how Excel declares the delimiter
SAMPLE = 50  # lines used to find the delimiter

Row = tuple[int, list[str]]  # line number in the text, from 1, and cells


def rows(text: str) -> Iterator[Row]:
    """Yield each non-empty line as stripped cells. A quoted cell may contain line ends; a quote that is never closed
    ends with its line."""
    text = text.lstrip("\ufeff")
    lines = text.splitlines()
    first = _SEP.fullmatch(lines[0].strip('"')) if lines else None
    mark = first[1] if first else _mark(lines)
    place = 1 if first else 0
    while place < len(lines):
        taken = _quoted_lines(lines, place, mark)
        cells = _cells("\n".join(lines[place : place + taken]), mark)
        if any(cells):
            yield place + 1, cells
        place += taken


def _mark(lines: list[str]) -> str:
    """Return the delimiter that splits most lines into the same number of cells (> 1), or "" for a plain list."""
    sample = [line for line in lines if line.strip()][:SAMPLE]

    def agreement(mark: str) -> int:
        counts = Counter(len(_cells(line, mark)) for line in sample)
        counts.pop(1, None)
        return max(counts.values(), default=0)

    best = max(MARKS, key=agreement)
    return best if agreement(best) * 2 > len(sample) else ""


def _quoted_lines(lines: list[str], place: int, mark: str) -> int:
    """Return how many lines one row takes: more than one if a quoted cell has line ends."""
    if not mark or lines[place].count('"') % 2 == 0:
        return 1
    for more in range(1, min(20, len(lines) - place)):
        if lines[place + more].count('"') % 2:
            return more + 1
    return 1


def _cells(line: str, mark: str) -> list[str]:
    if not mark:
        return [line.strip()]
    try:
        cells = next(csv.reader([line], delimiter=mark, skipinitialspace=True), [])
    except csv.Error:  # a quote that is never closed, before a very long text
        cells = line.split(mark)
    return [plain_cell(cell.strip()) for cell in cells]


def column(table: list[Row], at: int) -> list[str]:
    return [cells[at] if at < len(cells) else "" for _, cells in table]


def widest(table: list[Row]) -> int:
    return max((len(cells) for _, cells in table), default=0)


def share(cells: list[str], test: Callable[[str], bool]) -> float:
    """Return the share of non-empty cells that pass the test."""
    said = [cell for cell in cells if cell]
    return sum(map(test, said)) / len(said) if said else 0.0
