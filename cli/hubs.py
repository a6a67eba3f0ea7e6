"""Hubs: see them, run them, leave with them."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from . import find
from .problems import Trouble
from .session import session
from .show import harmless, out

app = typer.Typer(no_args_is_help=True, help="Hubs: see them, run them, leave with them.")
Name = Annotated[str, typer.Argument(help="ORGANISATION/ADDRESS, or the address alone", metavar="HUB")]
Reason = Annotated[str, typer.Option(help="Why; needed where staff have to decide")]
Wait = Annotated[bool, typer.Option("--wait", help="Until it is done")]
Timeout = Annotated[float, typer.Option(help="Seconds to wait")]
COLUMNS = (("hub", "slug"), ("organization", "organization"), ("title", "title"), ("status", "status"), ("url", "url"),
           ("ends", "endsOn"))  # fmt: skip
FILES = ("README.md", "values.yaml", "manifests.yaml", "people.csv", "images.txt")


@app.command("list")
def list_hubs(
    organization: Annotated[str, typer.Option(help="Only of this organisation")] = "",
    status: Annotated[str, typer.Option(help="Only those that are ready, updating, stalled, ...")] = "",
    search: Annotated[str, typer.Option(help="Part of a title or address")] = "",
) -> None:
    """Hubs that you may see."""
    rows = session.portal().rows("/api/v1/hubs/", organization=organization, status=status, q=search)
    out.rows(rows, COLUMNS, "No hubs.")


@app.command()
def show(hub: Name) -> None:
    """One hub: what is wanted, how it is."""
    row = find.hub(session.portal(), hub)
    out.one(row, (*COLUMNS, ("revision", "revision"), ("wanted", "desiredState"), ("paused", "paused")))
    if not out.as_json:
        conditions = [{**c, "is": f"{c['status']} ({c['reason']})"} for c in row["conditions"] or []]
        out.rows(conditions, (("condition", "type"), ("is", "is"), ("what", "message")), "")


@app.command()
def watch(hub: Name, timeout: Timeout = 600) -> None:
    """Tell each change until nothing is left to do."""
    portal = session.portal()
    row = find.until_settled(portal, find.hub(portal, hub)["uid"], timeout)
    if out.as_json:
        out.data(row)


def _act(name: str, verb: str, wait: bool, timeout: float) -> None:
    portal, path = find.path_of(name)
    row = portal.post(f"{path}{verb}/")
    row = find.until_settled(portal, row["uid"], timeout) if wait else row
    out.one(row, COLUMNS)


@app.command()
def suspend(hub: Name, wait: Wait = False, timeout: Timeout = 600) -> None:
    """Stop everything; everybody's files are kept."""
    _act(hub, "suspend", wait, timeout)


@app.command()
def resume(hub: Name, wait: Wait = False, timeout: Timeout = 600) -> None:
    """Start it again as it was."""
    _act(hub, "resume", wait, timeout)


@app.command()
def restart(hub: Name, wait: Wait = False, timeout: Timeout = 600) -> None:
    """Start the hub itself anew; people's servers go on."""
    _act(hub, "restart", wait, timeout)


@app.command()
def retire(
    hub: Name,
    confirm: Annotated[str, typer.Option(help="Its address again, to show that this hub is meant")] = "",
    keep_days: Annotated[int | None, typer.Option(help="Days that people's files are kept, in a cluster")] = None,
    wait: Wait = False,
    timeout: Timeout = 600,
) -> None:
    """End it for good."""
    portal = session.portal()
    row = find.hub(portal, hub)
    confirm = confirm or typer.prompt(f"Type {row['slug']} to retire it", err=True)
    asked = portal.post(f"/api/v1/hubs/{row['uid']}/retire/", {"confirm": confirm, "keepDays": keep_days})
    if wait:
        find.until_settled(portal, row["uid"], timeout)
    out.one(asked, (("request", "uid"), ("state", "state"), ("what", "decision")))


@app.command()
def extend(
    hub: Name, until: Annotated[str, typer.Argument(help="The new last day: 2027-02-28")], reason: Reason = ""
) -> None:
    """Ask for a later last day."""
    portal, path = find.path_of(hub)
    row = portal.post(f"{path}extend/", {"ends": until, "reason": reason})
    out.one(row, (("request", "uid"), ("state", "state"), ("turn", "turn")))


@app.command()
def revisions(hub: Name) -> None:
    """What it was, newest first."""
    portal, path = find.path_of(hub)
    rows = portal.rows(f"{path}revisions/")
    columns = (("revision", "number"), ("by", "author"), ("at", "createdAt"), ("what", "message"))
    out.rows(rows, columns, "No revisions.")


@app.command()
def diff(
    hub: Name,
    old: Annotated[int, typer.Argument(help="Number of a revision")],
    new: Annotated[int, typer.Argument(help="Number of another")],
) -> None:
    """What changed from one revision to another."""
    portal, path = find.path_of(hub)
    rows = portal.get(f"{path}revisions/{old}/diff/{new}/")
    out.rows(rows, (("field", "label"), ("before", "before"), ("after", "after")), "Nothing.")


@app.command()
def revert(
    hub: Name,
    revision: Annotated[int, typer.Argument(help="Number of the revision")],
    reason: Reason = "",
    draft: Annotated[bool, typer.Option("--draft", help="Keep it as a draft")] = False,
) -> None:
    """Ask to have it as it was then."""
    portal, path = find.path_of(hub)
    row = portal.post(f"{path}revisions/{revision}/revert/", {"reason": reason, "send": not draft})
    out.one(row, (("request", "uid"), ("state", "state"), ("turn", "turn")))


@app.command()
def servers(hub: Name) -> None:
    """Servers that run."""
    portal, path = find.path_of(hub)
    rows = portal.get(f"{path}servers/")
    columns = (("person", "user"), ("server", "name"), ("ready", "ready"), ("busy last", "lastActivity"))
    out.rows(rows, columns, "No server runs.")


Person = Annotated[str, typer.Argument(help="User name")]
Server = Annotated[str, typer.Option(help="Name of a named server; else the usual one")]


def _server(method: str, hub: str, person: str, server: str) -> None:
    portal, path = find.path_of(hub)
    portal.send(method, f"{path}servers/{quote(person, safe='')}/", query={"server": server})


@app.command("start-server")
def start_server(hub: Name, person: Person, server: Server = "") -> None:
    """Start somebody's server; ready some moments later."""
    _server("POST", hub, person, server)
    out.say(f"The server of {person} starts.")


@app.command("stop-server")
def stop_server(hub: Name, person: Person, server: Server = "") -> None:
    """Stop somebody's server; their files are kept."""
    _server("DELETE", hub, person, server)
    out.say(f"The server of {person} is stopped.")


@app.command()
def logs(hub: Name, proxy: Annotated[bool, typer.Option("--proxy", help="The proxy's instead")] = False) -> None:
    """The last lines of the hub's log."""
    portal, path = find.path_of(hub)
    said = portal.get(f"{path}logs/", part="proxy" if proxy else "hub")
    if out.as_json:
        out.data(said)
    else:
        typer.echo(harmless(said["text"]), nl=False)


@app.command()
def export(
    hub: Name, to: Annotated[Path, typer.Option(help="Folder for the files; made when it is not there")] = Path(".")
) -> None:
    """Everything to run it elsewhere: values.yaml, manifests, people, images."""
    portal, path = find.path_of(hub)
    texts = {name: portal.send("GET", f"{path}export/{name}").content for name in FILES}
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (to / name).write_bytes(text)
    except OSError as error:
        raise Trouble(f"{to} can't be written: {error.strerror}.") from None
    out.rows([{"file": str(to / name)} for name in FILES], (("file", "file"),), "")
