"""The audit log: list and export records, and show one in full."""

from typing import Annotated, Any

import typer

from . import find
from .problems import USAGE, Trouble
from .session import session
from .show import harmless, out

app = typer.Typer(no_args_is_help=True, help="Read the audit log.")
Hub = Annotated[str, typer.Option(help="Only this hub: ORGANISATION/ADDRESS, or only the address")]
Organization = Annotated[
    str, typer.Option(help="Only this organisation. Without hub and organisation: the whole portal (staff only)")
]
Person = Annotated[str, typer.Option(help="Part of a name or user name")]
Group = Annotated[list[str] | None, typer.Option(help="Type of action: people, hubs, requests, ... Can be repeated")]
Verb = Annotated[str, typer.Option(help="Only this action, for example roster.add")]
Since = Annotated[str, typer.Option(help="From this date on, for example 2026-10-01")]
Until = Annotated[str, typer.Option(help="Up to and including this date")]
COLUMNS = (("id", "id"), ("at", "at"), ("who", "actorName"), ("what", "sentence"), ("subject", "subject"),
           ("records", "recorded"))  # fmt: skip


def _path(hub: str, organization: str) -> str:
    if hub and organization:
        raise Trouble("Specify a hub or an organisation, not both.", USAGE)
    if hub:
        return f"{find.path_of(hub)[1]}audit/"
    return f"/api/v1/organizations/{organization}/audit/" if organization else "/api/v1/audit/"


@app.command("list")
def list_lines(
    hub: Hub = "", organization: Organization = "", person: Person = "", group: Group = None, verb: Verb = "",
    since: Since = "", until: Until = "",
    most: Annotated[int, typer.Option(help="Maximum number of records, newest first")] = 50,
) -> None:  # fmt: skip
    """List records, newest first."""
    asked: dict[str, Any] = {"person": person, "group": group, "verb": verb, "since": since, "until": until}
    rows = session.portal().rows(_path(hub, organization), most, **asked)
    out.rows(rows, COLUMNS, "No records.")


@app.command()
def export(
    hub: Hub = "", organization: Organization = "", person: Person = "", group: Group = None, verb: Verb = "",
    since: Since = "", until: Until = "",
) -> None:  # fmt: skip
    """Export records as CSV, at most 100,000."""
    asked: dict[str, Any] = {"person": person, "group": group, "verb": verb, "since": since, "until": until}
    answer = session.portal().send("GET", f"{_path(hub, organization)}table/", query=asked)
    typer.echo(harmless(answer.text.removeprefix("\ufeff").replace("\r\n", "\n")), nl=False)


@app.command()
def show(
    line: Annotated[int, typer.Argument(help="ID of the record")], hub: Hub = "", organization: Organization = "",
) -> None:  # fmt: skip
    """Show one record in full, for example a whole class list. Use --json for programs."""
    row = session.portal().get(f"{_path(hub, organization)}{line}/")
    out.one(row, (*COLUMNS[:-1], ("changes", "changes"), ("note", "note"), ("record", "record")))
