"""Requests: create, preview and decide."""

from pathlib import Path
from typing import Annotated, Any

import typer

from . import find, term
from .problems import FAILED, USAGE, Trouble
from .session import session
from .show import out

app = typer.Typer(no_args_is_help=True, help="Create, preview and decide requests.")
Uid = Annotated[str, typer.Argument(help="UID of the request", metavar="REQUEST")]
Reason = Annotated[str, typer.Option(help="A message to the requester")]
COLUMNS = (("request", "uid"), ("kind", "kind"), ("state", "state"), ("organization", "organization"), ("hub", "slug"),
           ("title", "name"), ("by", "requester"))  # fmt: skip


@app.command("list")
def list_requests(
    state: Annotated[str, typer.Option(help="draft, submitted, returned, approved, ...")] = "",
    organization: Annotated[str, typer.Option(help="Only requests of this organisation")] = "",
    most: Annotated[int, typer.Option(help="Maximum number of requests, newest first")] = 50,
) -> None:
    """List the requests that you can see, newest first."""
    rows = session.portal().rows("/api/v1/requests/", most, state=state, organization=organization)
    out.rows(rows, COLUMNS, "No requests.")


@app.command()
def show(request: Uid) -> None:
    """Show a request: its status and why it needs review."""
    row = session.portal().get(f"/api/v1/requests/{request}/")
    row["found"] = (row.get("policy") or {}).get("findings")
    out.one(
        row, (*COLUMNS, ("waiting for", "turn"), ("reason", "reason"), ("findings", "found"), ("decision", "decision"))
    )


@app.command()
def create(
    file: Annotated[Path, typer.Option("--file", "-f", help="YAML file with one hub, as for `hubportal apply`")],
    draft: Annotated[bool, typer.Option("--draft", help="Save it as a draft")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the decision and until the hub is up to date")] = False,
    timeout: Annotated[float, typer.Option(help="Maximum time to wait, in seconds")] = 600,
) -> None:
    """Request a hub."""
    [wanted] = term.read(file, one=True)
    portal = session.portal()
    row = portal.post("/api/v1/requests/", wanted.body() | {"send": not draft})
    row = finish(portal, row, timeout) if wait and not draft else row
    out.one(row, (*COLUMNS, ("waiting for", "turn")))


@app.command("import")
def import_values(
    files: Annotated[
        list[Path],
        typer.Option("--file", "-f", help="Zero to JupyterHub values. Can be repeated, in the same order as for helm"),
    ],
    organization: Annotated[str, typer.Option(help="Organisation that will own the hub")],
    title: Annotated[str, typer.Option(help="Title of the hub")],
    check: Annotated[bool, typer.Option("--check", help="Only show how each value would be imported")] = False,
) -> None:
    """Create a draft from values files and show how each value was imported."""
    try:
        texts = [{"name": file.name[:200], "text": file.read_text(encoding="utf-8")} for file in files]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise Trouble(f"A file can't be read: {why}.", USAGE) from None
    said = {"organization": organization, "title": title, "files": texts, "keep": not check}
    found = session.portal().post("/api/v1/requests/bring/", said)
    if out.as_json:
        out.data(found)
        return
    for note in (*found["notes"], *found["problems"]):
        out.say(note)
    rows = [{**one, "what": one["shown"] or one["why"]} for one in found["values"]]
    out.rows(rows, (("key", "path"), ("result", "fate"), ("field", "field"), ("value or why", "what")), "No values.")
    if found["request"]:
        out.say(f"Draft {found['request']['uid']}.")


def finish(portal: Any, row: dict[str, Any], timeout: float) -> dict[str, Any]:
    """Wait for the decision, then for the hub. Raise Trouble if the request is not approved or the hub stalls."""
    row = find.until_decided(portal, row["uid"], timeout)
    if row["state"] != "approved":
        raise Trouble(f"The request was {row['state']}: {row['decision']}".rstrip(": "), FAILED)
    find.until_settled(portal, row["hub"], timeout)
    return row


@app.command()
def plan(request: Uid) -> None:
    """Show what will happen when a request is approved."""
    said = session.portal().get(f"/api/v1/requests/{request}/plan/")
    if out.as_json:
        out.data(said)
        return
    out.rows(said["differences"], (("field", "label"), ("before", "before"), ("after", "after")), "No differences.")
    for one in said["consequences"]:
        out.say(f"{one['title']}: {one['text']}")
    for path, words in said["errors"].items():
        out.say(f"{path}: {' '.join(words)}")
    if said["routine"]:
        out.say("It will be approved automatically.")
    else:
        out.say("Needs review because: " + " ".join(said["findings"]))


def _move(uid: str, verb: str, body: dict[str, Any] | None = None) -> None:
    row = session.portal().post(f"/api/v1/requests/{uid}/{verb}/", body)
    out.one(row, (*COLUMNS, ("waiting for", "turn"), ("decision", "decision")))


def _decide(uid: str, verb: str, reason: str, **more: Any) -> None:
    """Decide on the request as the portal has it now."""
    read = session.portal().get(f"/api/v1/requests/{uid}/")
    _move(uid, verb, {"contentHash": read["contentHash"], "reason": reason, **more})


def _numbers(texts: list[str] | None, until: str) -> dict[str, str]:
    """Return the values of `--set` and `--until` by path. Raise Trouble."""
    found = {"about.ends": until} if until else {}
    for text in texts or ():
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            raise Trouble(f"“{text}” is not valid. Example: --set about.heads=30", USAGE)
        found[path.strip()] = value.strip()
    return found


@app.command()
def submit(
    request: Uid,
    reason: Annotated[str, typer.Option(help="Reason for the request. Required if staff need to review it")] = "",
) -> None:
    """Submit a draft."""
    _move(request, "submit", {"reason": reason} if reason else None)


@app.command()
def withdraw(request: Uid) -> None:
    """Withdraw a request."""
    _move(request, "withdraw")


@app.command()
def approve(
    request: Uid,
    reason: Reason = "",
    numbers: Annotated[
        list[str] | None,
        typer.Option("--set", help="Approve a different value, for example about.heads=30. Can be repeated"),
    ] = None,
    until: Annotated[str, typer.Option(help="Approve until this date, for example 2027-02-28")] = "",
) -> None:
    """Staff: approve a request as it is now, or with some values lowered."""
    changed = _numbers(numbers, until)
    _decide(request, "approve", reason, **({"numbers": changed} if changed else {}))


@app.command("return")
def send_back(request: Uid, reason: Reason = "") -> None:
    """Staff: request changes from the requester."""
    _decide(request, "return", reason)


@app.command()
def reject(request: Uid, reason: Reason = "") -> None:
    """Staff: reject a request."""
    _decide(request, "reject", reason)


@app.command()
def comment(request: Uid, text: Annotated[str, typer.Argument(help="Text of the comment")]) -> None:
    """Add a comment that everyone who can see the request can read."""
    row = session.portal().post(f"/api/v1/requests/{request}/comments/", {"text": text})
    out.one(row, (("by", "author"), ("comment", "text")))
