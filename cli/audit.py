"""The audit: who did what, as lines, as a table, and all of one line."""

from typing import Annotated, Any

import typer

from . import find
from .problems import USAGE, Trouble
from .session import session
from .show import harmless, out

app = typer.Typer(no_args_is_help=True, help="The audit: who did what.")
Hub = Annotated[str, typer.Option(help="Of this hub: ORGANISATION/ADDRESS, or the address alone")]
Organization = Annotated[str, typer.Option(help="Of this organisation; with neither, staff read the whole portal's")]
Person = Annotated[str, typer.Option(help="Part of a name or user name")]
Group = Annotated[list[str] | None, typer.Option(help="Kind of act: people, hubs, requests, ...; several times")]
Verb = Annotated[str, typer.Option(help="Exactly this act, such as roster.add")]
Since = Annotated[str, typer.Option(help="From this day on: 2026-10-01")]
Until = Annotated[str, typer.Option(help="To this day, itself included")]
COLUMNS = (("id", "id"), ("at", "at"), ("who", "actorName"), ("what", "sentence"), ("of", "subject"),
           ("more", "recorded"))  # fmt: skip


def _path(hub: str, organization: str) -> str:
    if hub and organization:
        raise Trouble("Name a hub or an organisation, not both.", USAGE)
    if hub:
        return f"{find.path_of(hub)[1]}audit/"
    return f"/api/v1/organizations/{organization}/audit/" if organization else "/api/v1/audit/"


@app.command("list")
def list_lines(
    hub: Hub = "", organization: Organization = "", person: Person = "", group: Group = None, verb: Verb = "",
    since: Since = "", until: Until = "", most: Annotated[int, typer.Option(help="How many, newest first")] = 50,
) -> None:  # fmt: skip
    """Who did what, newest first."""
    asked: dict[str, Any] = {"person": person, "group": group, "verb": verb, "since": since, "until": until}
    rows = session.portal().rows(_path(hub, organization), most, **asked)
    out.rows(rows, COLUMNS, "Nothing.")


@app.command()
def export(
    hub: Hub = "", organization: Organization = "", person: Person = "", group: Group = None, verb: Verb = "",
    since: Since = "", until: Until = "",
) -> None:  # fmt: skip
    """The same lines as CSV, at most 100,000."""
    asked: dict[str, Any] = {"person": person, "group": group, "verb": verb, "since": since, "until": until}
    answer = session.portal().send("GET", f"{_path(hub, organization)}table/", query=asked)
    typer.echo(harmless(answer.text.removeprefix("\ufeff").replace("\r\n", "\n")), nl=False)


@app.command()
def show(
    line: Annotated[int, typer.Argument(help="id of the line")], hub: Hub = "", organization: Organization = "",
) -> None:  # fmt: skip
    """One line with all that it is about, such as a whole class list; as JSON for programs."""
    row = session.portal().get(f"{_path(hub, organization)}{line}/")
    out.one(row, (*COLUMNS[:-1], ("changes", "changes"), ("note", "note"), ("all of it", "record")))
