"""The people in a text that somebody pasted: names, a column, or a whole class list as a CSV file has it."""

import csv

from hubs.group_names import parted
from hubs.spec.takeaway import plain_cell

Listed = tuple[str, tuple[str, ...]]  # a user name or address, and the groups beside it
MARKS = "\t;,"  # what parts the cells of a line; a spreadsheet's own mark first
USER_NAMES = ("username", "user name", "user", "person")  # the last as our own people.csv has it
HEADINGS = (*USER_NAMES, "email", "e-mail", "e-mail address", "email address", "mail", "name")
GROUP_HEADINGS = ("group", "groups", "section", "sections")


def names_in(text: str) -> list[str]:
    """User names and addresses, as `people_in` finds them."""
    return [name for name, _ in people_in(text)]


def people_in(text: str) -> list[Listed]:
    """User names and addresses, with groups. A first line of headings says which columns they stand in; without one
    every cell is somebody. A line of a table without a name's cell is given whole, so that it is complained about and
    nobody is lost."""
    lines = [line for line in text.lstrip("\ufeff").replace("\0", "\ufffd").splitlines() if line.strip(MARKS + " ")]
    return _column(lines) or [(name, ()) for name in _cells("\n".join(lines))]


def groups_by_name(people: list[Listed]) -> dict[str, list[str]]:
    """Each name's groups, also when it stands on several lines."""
    found: dict[str, list[str]] = {}
    for name, groups in people:
        if groups:
            found.setdefault(name.strip().lower(), []).extend(groups)
    return found


def _column(lines: list[str]) -> list[Listed]:
    """Empty when the first line is not headings of several columns, one of which tells who it is."""
    mark = next((mark for mark in MARKS if lines and mark in lines[0]), "")
    if not mark:
        return []
    try:
        headings, *rows = [[plain_cell(cell.strip()) for cell in row] for row in csv.reader(lines, delimiter=mark)]
    except csv.Error:  # a quote that is never closed, before very much text
        return []
    place = _place([heading.lower() for heading in headings])
    if place is None:
        return []
    columns = [column for column, heading in enumerate(headings) if heading.lower() in GROUP_HEADINGS]
    found = []
    for row in rows:
        name = row[place] if len(row) > place and row[place] else " ".join(filter(None, row))
        found.append((name, tuple(one for at in columns if len(row) > at for one in parted(row[at]))))
    return found


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
