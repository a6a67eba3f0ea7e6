"""Requests: ask, see what would happen, decide."""

from pathlib import Path
from typing import Annotated, Any

import typer

from . import find, term
from .problems import FAILED, USAGE, Trouble
from .session import session
from .show import out

app = typer.Typer(no_args_is_help=True, help="Requests: ask, see what would happen, decide.")
Uid = Annotated[str, typer.Argument(help="uid of the request", metavar="REQUEST")]
Reason = Annotated[str, typer.Option(help="A word to the requester")]
COLUMNS = (("request", "uid"), ("kind", "kind"), ("state", "state"), ("organization", "organization"), ("hub", "slug"),
           ("title", "name"), ("by", "requester"))  # fmt: skip


@app.command("list")
def list_requests(
    state: Annotated[str, typer.Option(help="draft, submitted, returned, approved, ...")] = "",
    organization: Annotated[str, typer.Option(help="Only of this organisation")] = "",
    most: Annotated[int, typer.Option(help="How many, newest first")] = 50,
) -> None:
    """Requests that you may see, newest first."""
    rows = session.portal().rows("/api/v1/requests/", most, state=state, organization=organization)
    out.rows(rows, COLUMNS, "No requests.")


@app.command()
def show(request: Uid) -> None:
    """One request: where it stands and what the policy found."""
    row = session.portal().get(f"/api/v1/requests/{request}/")
    row["found"] = (row.get("policy") or {}).get("findings")
    out.one(row, (*COLUMNS, ("turn", "turn"), ("reason", "reason"), ("found", "found"), ("decision", "decision")))


@app.command()
def create(
    file: Annotated[Path, typer.Option("--file", "-f", help="YAML with one hub: see `hubportal apply`")],
    draft: Annotated[bool, typer.Option("--draft", help="Keep it as a draft")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until it is decided and the hub is as asked for")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait")] = 600,
) -> None:
    """Ask for a hub."""
    [wanted] = term.read(file, one=True)
    portal = session.portal()
    row = portal.post("/api/v1/requests/", wanted.body() | {"send": not draft})
    row = finish(portal, row, timeout) if wait and not draft else row
    out.one(row, (*COLUMNS, ("turn", "turn")))


@app.command("import")
def import_values(
    files: Annotated[
        list[Path], typer.Option("--file", "-f", help="Values of Zero to JupyterHub; several in order, as for helm")
    ],
    organization: Annotated[str, typer.Option(help="Whose hub it becomes")],
    title: Annotated[str, typer.Option(help="What people will call it")],
    check: Annotated[bool, typer.Option("--check", help="Only show what would become of each value")] = False,
) -> None:
    """Make a draft from values files, and show what became of each value."""
    try:
        texts = [{"name": file.name[:200], "text": file.read_text(encoding="utf-8")} for file in files]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise Trouble(f"A file can't be read: {why}.", USAGE) from None
    said = {"organization": organization, "title": title, "files": texts, "keep": not check}
    found = session.portal().post("/api/v1/requests/bring/", said)
    if out.as_json:
        out.data(found)
        return
    for note in (*found["notes"], *found["problems"]):
        out.say(note)
    rows = [{**one, "what": one["shown"] or one["why"]} for one in found["values"]]
    out.rows(rows, (("key", "path"), ("fate", "fate"), ("field", "field"), ("value or why", "what")), "No values.")
    if found["request"]:
        out.say(f"Draft {found['request']['uid']}.")


def finish(portal: Any, row: dict[str, Any], timeout: float) -> dict[str, Any]:
    """Wait for the decision, then for the hub. Raises Trouble when it is not what was asked for."""
    row = find.until_decided(portal, row["uid"], timeout)
    if row["state"] != "approved":
        raise Trouble(f"The request was {row['state']}: {row['decision']}".rstrip(": "), FAILED)
    find.until_settled(portal, row["hub"], timeout)
    return row


@app.command()
def plan(request: Uid) -> None:
    """What will happen when it is approved."""
    said = session.portal().get(f"/api/v1/requests/{request}/plan/")
    if out.as_json:
        out.data(said)
        return
    out.rows(said["differences"], (("field", "label"), ("before", "before"), ("after", "after")), "Nothing differs.")
    for one in said["consequences"]:
        out.say(f"{one['title']}: {one['text']}")
    for path, words in said["errors"].items():
        out.say(f"{path}: {' '.join(words)}")
    out.say("Nobody has to look." if said["routine"] else "Staff look at it: " + " ".join(said["findings"]))


def _move(uid: str, verb: str, body: dict[str, Any] | None = None) -> None:
    row = session.portal().post(f"/api/v1/requests/{uid}/{verb}/", body)
    out.one(row, (*COLUMNS, ("turn", "turn"), ("decision", "decision")))


def _decide(uid: str, verb: str, reason: str, **more: Any) -> None:
    """What is decided on is what the portal has now."""
    read = session.portal().get(f"/api/v1/requests/{uid}/")
    _move(uid, verb, {"contentHash": read["contentHash"], "reason": reason, **more})


def _numbers(texts: list[str] | None, until: str) -> dict[str, str]:
    """What `--set` and `--until` say, by path. Raises Trouble."""
    found = {"about.ends": until} if until else {}
    for text in texts or ():
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            raise Trouble(f"“{text}” is not understood. It looks like this: --set about.heads=30", USAGE)
        found[path.strip()] = value.strip()
    return found


@app.command()
def submit(
    request: Uid, reason: Annotated[str, typer.Option(help="Why; needed where staff have to decide")] = ""
) -> None:
    """Send a draft."""
    _move(request, "submit", {"reason": reason} if reason else None)


@app.command()
def withdraw(request: Uid) -> None:
    """You no longer want it."""
    _move(request, "withdraw")


@app.command()
def approve(
    request: Uid,
    reason: Reason = "",
    numbers: Annotated[
        list[str] | None, typer.Option("--set", help="Approve another number, such as about.heads=30; several times")
    ] = None,
    until: Annotated[str, typer.Option(help="Approve until this day: 2027-02-28")] = "",
) -> None:
    """Staff: agree to it as it is now, or to that with some numbers lowered."""
    changed = _numbers(numbers, until)
    _decide(request, "approve", reason, **({"numbers": changed} if changed else {}))


@app.command("return")
def send_back(request: Uid, reason: Reason = "") -> None:
    """Staff: ask the requester for a change."""
    _decide(request, "return", reason)


@app.command()
def reject(request: Uid, reason: Reason = "") -> None:
    """Staff: say no."""
    _decide(request, "reject", reason)


@app.command()
def comment(request: Uid, text: Annotated[str, typer.Argument(help="What to say")]) -> None:
    """Say something to everybody who sees it."""
    row = session.portal().post(f"/api/v1/requests/{request}/comments/", {"text": text})
    out.one(row, (("by", "author"), ("said", "text")))
