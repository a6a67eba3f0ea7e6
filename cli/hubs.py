"""Hubs: list, manage and export them."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from . import find
from .problems import Trouble
from .session import session
from .show import harmless, out

app = typer.Typer(no_args_is_help=True, help="List, manage and export hubs.")
Name = Annotated[str, typer.Argument(help="ORGANISATION/ADDRESS, or only the address", metavar="HUB")]
Reason = Annotated[str, typer.Option(help="Reason for the request. Required if staff need to review it")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it is done")]
Timeout = Annotated[float, typer.Option(help="Maximum time to wait, in seconds")]
COLUMNS = (("hub", "slug"), ("organization", "organization"), ("title", "title"), ("status", "status"), ("url", "url"),
           ("ends", "endsOn"))  # fmt: skip
FILES = ("README.md", "values.yaml", "manifests.yaml", "people.csv", "images.txt")


@app.command("list")
def list_hubs(
    organization: Annotated[str, typer.Option(help="Only hubs of this organisation")] = "",
    status: Annotated[str, typer.Option(help="Only hubs with this status: ready, updating, stalled, ...")] = "",
    search: Annotated[str, typer.Option(help="Part of a title or address")] = "",
) -> None:
    """List the hubs that you can see."""
    rows = session.portal().rows("/api/v1/hubs/", organization=organization, status=status, q=search)
    out.rows(rows, COLUMNS, "No hubs.")


@app.command()
def show(hub: Name) -> None:
    """Show a hub: its configuration and status."""
    row = find.hub(session.portal(), hub)
    out.one(row, (*COLUMNS, ("revision", "revision"), ("desired state", "desiredState"), ("paused", "paused")))
    if not out.as_json:
        conditions = [{**c, "is": f"{c['status']} ({c['reason']})"} for c in row["conditions"] or []]
        out.rows(conditions, (("condition", "type"), ("status", "is"), ("message", "message")), "")


@app.command()
def watch(hub: Name, timeout: Timeout = 600) -> None:
    """Show each change of status until the hub is up to date."""
    portal = session.portal()
    row = find.until_settled(portal, find.hub(portal, hub)["uid"], timeout)
    if out.as_json:
        out.data(row)


def _act(name: str, verb: str, wait: bool, timeout: float, **body: str) -> None:
    portal, path = find.path_of(name)
    row = portal.post(f"{path}{verb}/", body or None)
    row = find.until_settled(portal, row["uid"], timeout) if wait else row
    out.one(row, COLUMNS)


@app.command()
def suspend(
    hub: Name,
    reason: Annotated[str, typer.Option(help="Part of the notification of the hub's admins")] = "",
    wait: Wait = False,
    timeout: Timeout = 600,
) -> None:
    """Suspend a hub: stop the hub and all servers. All files stay saved."""
    _act(hub, "suspend", wait, timeout, **({"reason": reason} if reason else {}))


@app.command()
def resume(hub: Name, wait: Wait = False, timeout: Timeout = 600) -> None:
    """Resume a suspended hub."""
    _act(hub, "resume", wait, timeout)


@app.command()
def restart(hub: Name, wait: Wait = False, timeout: Timeout = 600) -> None:
    """Restart the hub itself. People's servers keep running."""
    _act(hub, "restart", wait, timeout)


@app.command()
def retire(
    hub: Name,
    confirm: Annotated[str, typer.Option(help="Repeat the address of the hub to confirm")] = "",
    keep_days: Annotated[
        int | None, typer.Option(help="Days until people's files are deleted (Kubernetes clusters only)")
    ] = None,
    wait: Wait = False,
    timeout: Timeout = 600,
) -> None:
    """Retire a hub permanently."""
    portal = session.portal()
    row = find.hub(portal, hub)
    confirm = confirm or typer.prompt(f"Type {row['slug']} to retire it", err=True)
    asked = portal.post(f"/api/v1/hubs/{row['uid']}/retire/", {"confirm": confirm, "keepDays": keep_days})
    if wait:
        find.until_settled(portal, row["uid"], timeout)
    out.one(asked, (("request", "uid"), ("state", "state"), ("result", "decision")))


@app.command()
def extend(
    hub: Name,
    until: Annotated[str, typer.Argument(help="The new end date, for example 2027-02-28")],
    reason: Reason = "",
) -> None:
    """Request a later end date."""
    portal, path = find.path_of(hub)
    row = portal.post(f"{path}extend/", {"ends": until, "reason": reason})
    out.one(row, (("request", "uid"), ("state", "state"), ("waiting for", "turn")))


@app.command()
def revisions(hub: Name) -> None:
    """List the revisions of a hub, newest first."""
    portal, path = find.path_of(hub)
    rows = portal.rows(f"{path}revisions/")
    columns = (("revision", "number"), ("by", "author"), ("at", "createdAt"), ("message", "message"))
    out.rows(rows, columns, "No revisions.")


@app.command()
def diff(
    hub: Name,
    old: Annotated[int, typer.Argument(help="Number of a revision")],
    new: Annotated[int, typer.Argument(help="Number of the revision to compare with")],
) -> None:
    """Show the differences between two revisions."""
    portal, path = find.path_of(hub)
    rows = portal.get(f"{path}revisions/{old}/diff/{new}/")
    out.rows(rows, (("field", "label"), ("before", "before"), ("after", "after")), "No differences.")


@app.command()
def revert(
    hub: Name,
    revision: Annotated[int, typer.Argument(help="Number of the revision")],
    reason: Reason = "",
    draft: Annotated[bool, typer.Option("--draft", help="Save it as a draft")] = False,
) -> None:
    """Request to go back to an earlier revision."""
    portal, path = find.path_of(hub)
    row = portal.post(f"{path}revisions/{revision}/revert/", {"reason": reason, "send": not draft})
    out.one(row, (("request", "uid"), ("state", "state"), ("waiting for", "turn")))


@app.command()
def servers(hub: Name) -> None:
    """List the running servers."""
    portal, path = find.path_of(hub)
    rows = portal.get(f"{path}servers/")
    columns = (("person", "user"), ("server", "name"), ("ready", "ready"), ("last activity", "lastActivity"))
    out.rows(rows, columns, "No servers are running.")


Person = Annotated[str, typer.Argument(help="User name")]
Server = Annotated[str, typer.Option(help="Name of a named server. Default: the default server")]


def _server(method: str, hub: str, person: str, server: str) -> None:
    portal, path = find.path_of(hub)
    portal.send(method, f"{path}servers/{quote(person, safe='')}/", query={"server": server})


@app.command("start-server")
def start_server(hub: Name, person: Person, server: Server = "") -> None:
    """Start a person's server. It becomes ready a little later."""
    _server("POST", hub, person, server)
    out.say(f"The server of {person} is starting.")


@app.command("stop-server")
def stop_server(hub: Name, person: Person, server: Server = "") -> None:
    """Stop a person's server. Their files stay saved."""
    _server("DELETE", hub, person, server)
    out.say(f"The server of {person} is stopping.")


@app.command()
def logs(
    hub: Name, proxy: Annotated[bool, typer.Option("--proxy", help="Show the log of the proxy instead")] = False
) -> None:
    """Show the last lines of the hub's log."""
    portal, path = find.path_of(hub)
    said = portal.get(f"{path}logs/", part="proxy" if proxy else "hub")
    if out.as_json:
        out.data(said)
    else:
        typer.echo(harmless(said["text"]), nl=False)


@app.command()
def export(
    hub: Name,
    to: Annotated[Path, typer.Option(help="Folder for the files. It is created if it does not exist")] = Path("."),
) -> None:
    """Export all you need to run the hub elsewhere: values.yaml, manifests, people and images."""
    portal, path = find.path_of(hub)
    texts = {name: portal.send("GET", f"{path}export/{name}").content for name in FILES}
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (to / name).write_bytes(text)
    except OSError as error:
        raise Trouble(f"{to} can't be written: {error.strerror}.") from None
    out.rows([{"file": str(to / name)} for name in FILES], (("file", "file"),), "")
