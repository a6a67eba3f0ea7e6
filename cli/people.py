"""People lists of hubs, and limits of organisations and people."""

import csv
from pathlib import Path
from typing import Annotated, Any

import typer

from .find import path_of
from .problems import USAGE, Trouble
from .session import session
from .show import out

roster = typer.Typer(no_args_is_help=True, help="Manage the people list of a hub: who can sign in.")
limits = typer.Typer(no_args_is_help=True, help="Manage limits of organisations and user limits of hubs.")
Name = Annotated[str, typer.Argument(help="ORGANISATION/ADDRESS, or only the address", metavar="HUB")]
HEADINGS = ("person", "name", "email")
GROUPS = ("group", "groups", "section", "sections")
# The portal writes such cells with a leading ', so that spreadsheets don't treat them as formulas.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
UNITS = {"memory": "memory_mib", "storage": "storage_mib", "cpu": "cpu", "gpus": "gpus", "servers": "servers"}


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def listed_in(file: Path) -> tuple[list[str], dict[str, list[str]]]:
    """Return (the first cell of each row of a CSV file, without a heading; groups by name, if a heading names their
    columns). Raise Trouble."""
    try:
        with open(file, encoding="utf-8-sig", newline="") as text:
            rows = [[_plain(cell) for cell in row] for row in csv.reader(text) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Trouble(
            f"{file} can't be read: {getattr(error, 'strerror', None) or 'it is not a CSV file'}.", USAGE
        ) from None
    headed = bool(rows) and rows[0][0].lower() in HEADINGS
    columns = [at for at, heading in enumerate(rows[0]) if heading.lower() in GROUPS] if headed else []
    names, groups = [], dict[str, list[str]]()
    for row in rows:
        if row[0] and row[0].lower() not in HEADINGS:
            names.append(row[0])
            cells = ";".join(row[at] for at in columns if at < len(row)).replace(",", ";")
            groups.setdefault(row[0], []).extend(filter(None, (one.strip() for one in cells.split(";"))))
    return names, {name: mine for name, mine in groups.items() if mine}


@roster.command("show")
def show_roster(hub: Name) -> None:
    """Show the people list of a hub."""
    portal, path = path_of(hub)
    columns = (("id", "id"), ("person", "user"), ("email", "email"), ("role", "role"), ("groups", "groups"))
    rows = portal.rows(f"{path}roster/")
    shown = rows if out.as_json else [{**row, "groups": ", ".join(row["groups"])} for row in rows]
    out.rows(shown, columns, "The people list is empty.")


Group = Annotated[list[str] | None, typer.Option(help="Group to add them to. Can be repeated")]


@roster.command()
def add(
    hub: Name,
    names: Annotated[list[str], typer.Argument(help="User names or email addresses")],
    role: Annotated[str, typer.Option(help="user or admin")] = "user",
    group: Group = None,
) -> None:
    """Add people to the people list."""
    portal, path = path_of(hub)
    body = {"names": names, "role": role, "groups": group or []}
    out.one(portal.post(f"{path}roster/", body), (("new", "new"), ("already on the list", "known")))


def ids(portal: Any, path: str, names: list[str]) -> list[int]:
    """Return the IDs of these people on the list. Raise Trouble if one is not on it."""
    there = {str(row["user"] or row["email"]).lower(): row["id"] for row in portal.rows(f"{path}roster/")}
    if unknown := [name for name in names if name.lower() not in there]:
        raise Trouble(f"Not on the people list: {', '.join(unknown)}. Nothing was changed.", USAGE)
    return [there[name.lower()] for name in names]


@roster.command()
def groups(
    hub: Name,
    names: Annotated[list[str], typer.Argument(help="User names or email addresses on the people list")],
    add: Annotated[list[str] | None, typer.Option(help="Group to add them to")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="Group to remove them from")] = None,
) -> None:
    """Add people on the list to groups, or remove them. Takes effect at their next sign-in or server start."""
    portal, path = path_of(hub)
    body = {"entries": ids(portal, path, names), "add": add or [], "remove": remove or []}
    out.one(portal.post(f"{path}roster/groups/", body), (("changed", "changed"),))


def _answers(profile: dict[str, Any]) -> str:
    asked = ((one["name"], [*one["choices"], *filter(None, [one["free"]])]) for one in profile["questions"])
    return "; ".join(f"{name}: {', '.join(answers)}" for name, answers in asked)


@roster.command()
def sees(
    hub: Name,
    person: Annotated[str, typer.Option(help="User name in the hub")] = "",
    group: Annotated[str, typer.Option(help="A person who is only in this group")] = "",
) -> None:
    """Show which server options (profiles) the hub offers to a person, or to people in a group or in no group."""
    portal, path = path_of(hub)
    told = portal.get(f"{path}profiles/", **({"person": person} if person else {"group": group} if group else {}))
    if out.as_json:
        out.data(told)
        return
    shown = [{"name": one["name"], "offered": True, "for": _answers(one)} for one in told["profiles"]]
    shown += [{"name": one["name"], "offered": False, "for": f"only for {', '.join(one['groups']) or 'no one'}"}
              for one in told["hidden"]]  # fmt: skip
    columns = (("server option", "name"), ("offered", "offered"), ("choices", "for"))
    out.rows(shown, columns, "This hub has no server options: everyone gets the same server.")
    out.say(f"In these groups: {', '.join(told['groups']) or 'none that the portal knows of'}.")
    for one in told["warnings"]:
        out.say(f"{one['name']}: {one['message']}")


@limits.command()
def show(organization: Annotated[str, typer.Argument(help="Address of the organisation in the portal")]) -> None:
    """Show the limits of an organisation and how much of them is used."""
    portal = session.portal()
    agreed = portal.get(f"/api/v1/organizations/{organization}/limits/")
    used = portal.get(f"/api/v1/organizations/{organization}/usage/")
    if out.as_json:
        out.data({"limits": agreed, "usage": used})
        return
    rows = [{"limit": name, "agreed": value} for name, value in agreed.items()]
    out.rows(rows, (("limit", "limit"), ("value", "agreed")), "")
    out.rows(used, (("total", "label"), ("used", "used"), ("limit", "limit")), "")


@limits.command("set")
def set_limits(
    organization: Annotated[str, typer.Argument(help="Address of the organisation in the portal")],
    values: Annotated[
        list[str], typer.Argument(help="NAME=VALUE, with names from `limits show`", metavar="NAME=VALUE")
    ],
) -> None:
    """Staff: change the limits of an organisation."""
    portal, path = session.portal(), f"/api/v1/organizations/{organization}/limits/"
    read = portal.send("GET", path)
    wanted = read.json()
    for name, value in _pairs(values):
        if name not in wanted:
            raise Trouble(f"There is no limit “{name}”. The limits are {', '.join(wanted)}.", USAGE)
        wanted[name] = value.lower() in ("yes", "true", "1") if isinstance(wanted[name], bool) else _number(value)
    done = portal.send("PUT", path, body=wanted, tag=read.headers["ETag"]).json()
    out.one(done, [(name, name) for name in done])


@limits.command("time-zone")
def time_zone(
    organization: Annotated[str, typer.Argument(help="Address of the organisation in the portal")],
    zone: Annotated[
        str | None, typer.Argument(help="For example Europe/Berlin, or “portal” for the portal’s time zone")
    ] = None,
) -> None:
    """Show or set the time zone in which days begin and end for the organisation's hubs."""
    portal, path = session.portal(), f"/api/v1/organizations/{organization}/time-zone/"
    if zone is None:
        found = portal.get(path)
    else:
        found = portal.send("PUT", path, body={"timeZone": "" if zone == "portal" else zone}).json()
    out.one(found, (("time zone", "inForce"), ("setting", "timeZone")))


@limits.command()
def people(hub: Name) -> None:
    """List the user limits of a hub."""
    portal, path = path_of(hub)
    columns = (("id", "id"), ("for", "kind"), ("name", "name"), ("limits", "values"), ("until", "until"),
               ("needs review", "waiting"))  # fmt: skip
    out.rows(portal.rows(f"{path}limits/"), columns, "No user limits: everyone gets what the hub offers.")


@limits.command()
def give(
    hub: Name,
    values: Annotated[list[str], typer.Argument(help="memory=4096 (MiB), cpu=2, gpus=1, storage=…, servers=2")],
    to: Annotated[list[str] | None, typer.Option(help="User name. Can be repeated. Default: everyone")] = None,
    group: Annotated[str, typer.Option(help="A group instead of people")] = "",
    until: Annotated[str | None, typer.Option(help="For example 2027-02-28T18:00:00Z. Default: permanent")] = None,
    reason: Annotated[str, typer.Option(help="Reason for the limits")] = "",
    ask: Annotated[
        bool, typer.Option("--ask", help="Request it from staff if it is above the organisation's limits")
    ] = False,
) -> None:
    """Set limits for everyone, a group or some people. They take effect at the next start of a server."""
    portal, path = path_of(hub)
    measured = {}
    for name, value in _pairs(values):
        if name not in UNITS and name not in UNITS.values():
            raise Trouble(f"There is no limit “{name}”. The limits are {', '.join(UNITS)}.", USAGE)
        measured[UNITS.get(name, name)] = _number(value)
    kind = "group" if group else "person" if to else "everybody"
    body = {"kind": kind, "names": [group] if group else to or [], "values": measured, "until": until,
            "reason": reason, "ask": ask}  # fmt: skip
    made = portal.post(f"{path}limits/", body)
    out.rows(made, (("id", "id"), ("for", "kind"), ("name", "name"), ("limits", "values")), "")


@limits.command()
def end(hub: Name, rule: Annotated[int, typer.Argument(help="ID of the user limit, from `limits people`")]) -> None:
    """End a user limit now."""
    portal, path = path_of(hub)
    portal.send("DELETE", f"{path}limits/{rule}/")
    out.say("Ended.")


def _pairs(values: list[str]) -> list[tuple[str, str]]:
    pairs = [value.partition("=") for value in values]
    if wrong := [value for value, (_, sign, _) in zip(values, pairs, strict=True) if not sign]:
        raise Trouble(f"“{wrong[0]}” is not NAME=VALUE.", USAGE)
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise Trouble(f"“{text}” is not a number.", USAGE) from None
    return int(value) if value.is_integer() else value


@limits.command()
def standing(
    hub: Name, rule: Annotated[int, typer.Argument(help="ID of the user limit, from `limits people`")]
) -> None:
    """Compare a requested user limit with current values and organisation limits, and show earlier decisions."""
    portal, path = path_of(hub)
    told = portal.get(f"{path}limits/{rule}/standing/")
    if out.as_json:
        out.data(told)
        return
    out.rows(told["asked"], (("limit", "label"), ("requested", "asked"), ("now", "now"), ("maximum", "agreed")), "")
    out.rows(told["shared"], (("total", "label"), ("used", "used"), ("limit", "limit")), "")
    out.say(f"Running servers: {told['servers']}.")
    columns = (("decided", "at"), ("by", "by"), ("decision", "verb"), ("for", "whom"), ("limits", "limits"))
    out.rows(told["earlier"], columns, "There are no earlier decisions.")
