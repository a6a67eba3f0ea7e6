"""The people in a text that somebody pasted: names, a column, or a whole class list as a CSV file has it."""

import csv

MARKS = "\t;,"  # what parts the cells of a line; a spreadsheet's own mark first
USER_NAMES = ("username", "user name", "user", "person")  # the last as our own people.csv has it
HEADINGS = (*USER_NAMES, "email", "e-mail", "e-mail address", "email address", "mail", "name")


def names_in(text: str) -> list[str]:
    """User names and addresses. A first line of headings says which column they stand in; without one every cell is
    somebody. A line of a table without that cell is given whole, so that it is complained about and nobody is lost."""
    lines = [line for line in text.lstrip("\ufeff").replace("\0", "\ufffd").splitlines() if line.strip(MARKS + " ")]
    return _column(lines) or _cells("\n".join(lines))


def _column(lines: list[str]) -> list[str]:
    """Empty when the first line is not headings of several columns, one of which tells who it is."""
    mark = next((mark for mark in MARKS if lines and mark in lines[0]), "")
    if not mark:
        return []
    try:
        headings, *rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=mark)]
    except csv.Error:  # a quote that is never closed, before very much text
        return []
    place = _place([heading.lower() for heading in headings])
    if place is None:
        return []
    return [row[place] if len(row) > place and row[place] else " ".join(filter(None, row)) for row in rows]


def _place(headings: list[str]) -> int | None:
    """Where the address stands, or else the user name. Addresses themselves are no headings."""
    if any("@" in heading for heading in headings):
        return None
    mails = [place for place, heading in enumerate(headings) if heading in HEADINGS[len(USER_NAMES) : -1]]
    users = [place for place, heading in enumerate(headings) if heading in USER_NAMES]
    return next(iter(mails + users), None)


def _cells(text: str) -> list[str]:
    """Every cell; quotes of a CSV file and a heading in the first cell fall away."""
    for mark in MARKS:
        text = text.replace(mark, "\n")
    names = [cell.strip().strip("\"'").strip() for cell in text.split("\n")]
    return [name for place, name in enumerate(names) if name and (place or name.lower() not in HEADINGS)]
