"""A whole class list as people have it: look at what it changes, take it, undo it, and take it out again."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .find import path_of
from .people import Group, Name, ids, roster
from .problems import USAGE, Trouble
from .show import harmless, out

LARGEST = 1024 * 1024  # bytes
MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
File = Annotated[Path, typer.Argument(help="As Canvas, Moodle, a spreadsheet or an e-mail has it, as text or CSV")]
Role = Annotated[str, typer.Option(help="user or admin")]
Column = Annotated[list[int] | None, typer.Option(help="Number of a column of groups, from 1; else by its heading")]
Equal = Annotated[bool, typer.Option("--equal", help="Take off whoever is not in the file, except hub admins")]


def _text(file: Path) -> str:
    """What stands in the file, whatever program wrote it. Raises Trouble."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Trouble(f"{file} can't be read: {error.strerror}.", USAGE) from None
    if len(data) > LARGEST:
        raise Trouble(f"{file} is too large: at most 1 MiB.", USAGE)
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
        out.say(f"Line {one['line']} was not understood: {one['text']} ({one['why']})")


@roster.command()
def preview(hub: Name, file: File, group_column: Column = None, equal: Equal = False) -> None:
    """What a class list would change. Nothing is changed."""
    plan = _send(hub, file, group_column, dryRun=True)
    if out.as_json:
        out.data(plan)
        return
    rows = [{"what": what, **one} for what, key in (("new", "new"), ("on the list", "there")) for one in plan[key]]
    rows += [{"what": "would go", "who": who} for who in plan["gone"] if equal]
    columns = (("what", "what"), ("person", "who"), ("name", "name"), ("groups", "groups"))
    out.rows(rows, columns, "Nobody in it was understood.")
    _say_lost(plan)
    if plan["complaint"]:
        out.say(plan["complaint"])


@roster.command("import")
def import_people(
    hub: Name, file: File, role: Role = "user", group: Group = None, group_column: Column = None, equal: Equal = False
) -> None:
    """Take a class list. Lines that are not understood are named, and the others count. Who is on the list already
    keeps their role and groups. `roster undo` undoes it."""
    plan = _send(hub, file, group_column, role=role, groups=group or [], equal=equal)
    gone = plan["gone"] if equal else []
    done = {"new": len(plan["new"]), "known": len(plan["there"]), "removed": len(gone), "lost": plan["lost"]}
    out.one(done, (("new", "new"), ("there already", "known"), ("taken off", "removed")))
    if not out.as_json:
        _say_lost(plan)


@roster.command()
def export(
    hub: Name, to: Annotated[Path | None, typer.Option(help="A file; else it is printed")] = None
) -> None:  # fmt: skip
    """The list as CSV: person, name, role, groups. `roster import` reads it again."""
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
    """Undo the last class list, or the last removal."""
    portal, path = path_of(hub)
    out.one(portal.post(f"{path}roster/undo/"), (("taken off again", "removed"), ("put back", "restored")))


@roster.command()
def remove(hub: Name, names: Annotated[list[str], typer.Argument(help="User names or e-mail addresses")]) -> None:
    """Take people off the list at once. `roster undo` puts them back."""
    portal, path = path_of(hub)
    done = portal.post(f"{path}roster/remove/", {"entries": ids(portal, path, names)})
    out.one(done, (("taken off", "removed"),))
