"""The `hubportal` command: all subcommands together."""

import json
import sys
from typing import Annotated

import typer

from . import VERSION, access, audit, class_lists, hubs, links, people, requests, term
from .problems import CODES, Trouble
from .session import session
from .show import harmless, out

app = typer.Typer(
    name="hubportal", no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Request and run JupyterHubs of a Hub Portal.\n\nExit codes: "
    + "; ".join(f"{number} {words}" for number, words in CODES.items()) + ".",
)  # fmt: skip
app.add_typer(hubs.app, name="hubs")
app.add_typer(requests.app, name="requests")
app.add_typer(class_lists.roster, name="roster")
app.add_typer(links.app, name="links")
app.add_typer(people.limits, name="limits")
app.add_typer(access.tokens, name="tokens")
app.add_typer(audit.app, name="audit")
app.command()(access.login)
app.command()(access.logout)
app.command()(access.whoami)
app.command()(term.apply)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"hubportal {VERSION}")
        raise typer.Exit


@app.callback()
def every(
    context: typer.Context,
    portal: Annotated[str, typer.Option(help="Address of the portal. Default: HUBPORTAL_URL, or the last login")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON for programs")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit")
    ] = False,
) -> None:
    session.url, out.as_json = portal, as_json
    context.call_on_close(session.close)


@app.command("api")
def call(
    method: Annotated[str, typer.Argument(help="GET, POST, PUT, PATCH or DELETE")],
    path: Annotated[str, typer.Argument(help="For example /api/v1/me/")],
    data: Annotated[str, typer.Option(help="JSON to send. - reads it from standard input")] = "",
    tag: Annotated[str, typer.Option(help="ETag for If-Match")] = "",
) -> None:
    """Call any API endpoint and print the response."""
    text = sys.stdin.read() if data == "-" else data
    content = ("application/json", text.encode()) if text else None
    answer = session.portal().send(method.upper(), path, content=content, tag=tag)
    typer.echo(answer.text)


def run() -> None:
    """Run the command line: every failure ends with a message on standard error and an exit code. Typer itself handles
    invalid usage (2) and interruption (1)."""
    try:
        app()
    except Trouble as trouble:
        if out.as_json:
            typer.echo(json.dumps(trouble.problem(), ensure_ascii=False), err=True)
            sys.exit(trouble.code)
        typer.echo(harmless(trouble.message), err=True)
        for line in trouble.lines:
            typer.echo(harmless(f"  {line}"), err=True)
        sys.exit(trouble.code)
