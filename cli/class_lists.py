"""Import, preview, undo and export class lists."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .find import path_of
from .people import Group, Name, ids, roster
from .problems import USAGE, Trouble
from .show import harmless, out

LARGEST = 1024 * 1024  # bytes
MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
File = Annotated[Path, typer.Argument(help="Class list from Canvas, Moodle, a spreadsheet or an email, as text or CSV")]
Role = Annotated[str, typer.Option(help="user or admin")]
Column = Annotated[
    list[int] | None, typer.Option(help="Number of a column with groups, from 1. Default: found by its heading")
]
Equal = Annotated[bool, typer.Option("--equal", help="Remove people who are not in the file, except hub admins")]


def _text(file: Path) -> str:
    """Return the text of the file in any common encoding. Raise Trouble."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Trouble(f"{file} can't be read: {error.strerror}.", USAGE) from None
    if len(data) > LARGEST:
        raise Trouble(f"{file} is too large. The maximum is 1 MiB.", USAGE)
    for mark, name in MARKS:
        if data.startswith(mark):
            return data.decode(name, errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _send(hub: str, file: Path, columns: list[int] | None, **more: Any) -> dict[str, Any]:
    if min(columns or [1]) < 1:
        raise Trouble("Columns are counted from 1.", USAGE)
    portal, path = path_of(hub)
    body = {"text": _text(file), **more, **({"groupsAt": [at - 1 for at in columns]} if columns else {})}
    return dict(portal.post(f"{path}roster/list/", body))


def _say_lost(plan: dict[str, Any]) -> None:
    for one in plan["lost"]:
        out.say(f"Line {one['line']} could not be read: {one['text']} ({one['why']})")


@roster.command()
def preview(hub: Name, file: File, group_column: Column = None, equal: Equal = False) -> None:
    """Preview what a class list would change. Nothing is changed."""
    plan = _send(hub, file, group_column, dryRun=True)
    if out.as_json:
        out.data(plan)
        return
    rows = [{"what": what, **one} for what, key in (("new", "new"), ("on the list", "there")) for one in plan[key]]
    rows += [{"what": "to remove", "who": who} for who in plan["gone"] if equal]
    columns = (("status", "what"), ("person", "who"), ("name", "name"), ("groups", "groups"))
    out.rows(rows, columns, "No people were found in the file.")
    _say_lost(plan)
    if plan["complaint"]:
        out.say(plan["complaint"])


@roster.command("import")
def import_people(
    hub: Name, file: File, role: Role = "user", group: Group = None, group_column: Column = None, equal: Equal = False
) -> None:
    """Import a class list. Lines that can't be read are shown, and all others are imported. People who are already on
    the list keep their role and groups. `roster undo` undoes the import."""
    plan = _send(hub, file, group_column, role=role, groups=group or [], equal=equal)
    gone = plan["gone"] if equal else []
    done = {"new": len(plan["new"]), "known": len(plan["there"]), "removed": len(gone), "lost": plan["lost"]}
    out.one(done, (("new", "new"), ("already on the list", "known"), ("removed", "removed")))
    if not out.as_json:
        _say_lost(plan)


@roster.command()
def export(
    hub: Name, to: Annotated[Path | None, typer.Option(help="File to write. Default: standard output")] = None
) -> None:  # fmt: skip
    """Export the people list as CSV: person, name, role, groups. `roster import` can read it."""
    portal, path = path_of(hub)
    table = portal.send("GET", f"{path}export/people.csv").text
    if to is None:
        typer.echo(harmless(table.replace("\r\n", "\n")), nl=False)
        return
    try:
        to.write_text(table, encoding="utf-8")
    except OSError as error:
        raise Trouble(f"{to} can't be written: {error.strerror}.") from None
    out.rows([{"file": str(to)}], (("file", "file"),), "")


@roster.command()
def undo(hub: Name) -> None:
    """Undo the last import of a class list, or the last removal."""
    portal, path = path_of(hub)
    out.one(portal.post(f"{path}roster/undo/"), (("removed", "removed"), ("restored", "restored")))


@roster.command()
def remove(hub: Name, names: Annotated[list[str], typer.Argument(help="User names or email addresses")]) -> None:
    """Remove people from the list immediately. `roster undo` restores them."""
    portal, path = path_of(hub)
    done = portal.post(f"{path}roster/remove/", {"entries": ids(portal, path, names)})
    out.one(done, (("removed", "removed"),))
