"""Apply a file that describes hubs, for example from git. Only differences are requested, so that it can be applied
repeatedly."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from . import find, people
from .client import Portal
from .problems import DIFFERS, FAILED, USAGE, Trouble
from .session import session
from .show import cell, out

KEYS = {"kind", "organization", "slug", "startingPoint", "spec", "values", "roster", "reason"}
LARGEST = 1_000_000  # bytes
WAITING = ("draft", "submitted", "returned")  # states of a request that is not decided: apply sends no second one


class Loader(yaml.SafeLoader):
    """A YAML loader that keeps dates such as 2027-02-28 as text, as the API expects."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Wanted:
    """One document of the file."""

    organization: str
    slug: str
    starting_point: str
    spec: dict[str, Any]
    values: dict[str, Any]
    people: tuple[str, ...]
    reason: str
    groups: dict[str, list[str]] = field(default_factory=dict)  # of people on its list, by name

    @property
    def name(self) -> str:
        return f"{self.organization}/{self.slug}"

    def body(self) -> dict[str, Any]:
        """Return the body of a request for a new hub."""
        what = {"values": self.values} if self.values else {"spec": self.spec}
        place = {"organization": self.organization, "slug": self.slug, "startingPoint": self.starting_point}
        return {**place, **what, "reason": self.reason}


@dataclass(frozen=True)
class Step:
    """What to do for one document: "create", "change", "waits" (already requested) or "unchanged"."""

    wanted: Wanted
    verb: str
    hub: dict[str, Any] | None
    spec: dict[str, Any]  # what is sent: complete values, or the part of the spec in the file
    differences: tuple[tuple[str, Any, Any], ...]
    new_people: tuple[str, ...]
    asked: dict[str, Any] | None = None  # the open request

    def listing(self) -> dict[str, Any]:
        """Return the people to add to the list, in the form of the API."""
        groups = {name: self.wanted.groups[name] for name in self.new_people if name in self.wanted.groups}
        return {"names": list(self.new_people), "groupsOf": groups}


def read(file: Path, *, one: bool = False) -> list[Wanted]:
    """Return the hubs of a YAML file. Raise Trouble with the document and line of an error."""
    try:
        if file.stat().st_size > LARGEST:
            raise Trouble(f"{file} is too large.", USAGE)
        documents = [d for d in yaml.load_all(file.read_text(encoding="utf-8"), Loader) if d is not None]
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(
            f"{file} can't be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}.", USAGE
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise Trouble(f"{file}{place}: {getattr(error, 'problem', None) or 'this is not valid YAML'}.", USAGE) from None
    found = [_one(number, data, file) for number, data in enumerate(documents, 1)]
    if not found or (one and len(found) > 1):
        raise Trouble(f"{file} has {len(found)} hubs. It must have {'exactly' if one else 'at least'} one.", USAGE)
    if len({wanted.name for wanted in found}) < len(found):
        raise Trouble(f"{file} contains a hub twice.", USAGE)
    return found


def _one(number: int, data: Any, file: Path) -> Wanted:
    def wrong(sentence: str) -> Trouble:
        return Trouble(f"{file}, document {number}: {sentence}", USAGE)

    if not isinstance(data, dict) or data.get("kind", "Hub") != "Hub":
        raise wrong("it must begin with “kind: Hub”.")
    if strange := sorted(set(map(str, data)) - KEYS):
        raise wrong(f"“{strange[0]}” is not a valid key. Valid keys: {', '.join(sorted(KEYS))}.")
    for name in ("organization", "slug"):
        if not isinstance(data.get(name), str) or not data[name]:
            raise wrong(f"“{name}” is missing.")
    spec, values = data.get("spec") or {}, data.get("values") or {}
    if not isinstance(spec, dict) or not isinstance(values, dict) or bool(spec) == bool(values):
        raise wrong("it needs either “spec” or “values”.")
    listed, groups = people.listed_in(file.parent / str(data["roster"])) if data.get("roster") else ([], {})
    point, reason = str(data.get("startingPoint", "class")), str(data.get("reason", ""))
    return Wanted(data["organization"], data["slug"], point, spec, values, tuple(listed), reason, groups)


# --- the plan ---------------------------------------------------------------------------------------------------------
def over(
    below: dict[str, Any], above: dict[str, Any], fields: frozenset[str] = frozenset(), at: str = ""
) -> dict[str, Any]:
    """Return `below` merged with `above`, map by map. Lists and the values of `fields` (paths) are replaced."""
    found = dict(below)
    for name, value in above.items():
        old, path = found.get(name), f"{at}{name}"
        both = isinstance(old, dict) and isinstance(value, dict) and path not in fields
        found[name] = over(found[name], value, fields, f"{path}.") if both else value
    return found


def differences(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}, key=str):
            yield from differences(before.get(name), after.get(name), f"{path}.{name}".strip("."))
    elif before != after:
        yield path, before, after


def plan(portal: Portal, wanted: Wanted, fields: frozenset[str]) -> Step:
    """Return what to do. `fields` are the paths of a spec's fields, whose values are replaced as a whole."""
    rows = portal.rows("/api/v1/hubs/", q=wanted.slug, organization=wanted.organization)
    mine = [row for row in rows if row["slug"] == wanted.slug and row["desiredState"] != find.GONE]
    if not mine:
        asked = _waits(portal, wanted, kind="create")
        return Step(wanted, "waits" if asked else "create", None, wanted.spec, (), wanted.people, asked)
    hub = portal.get(f"/api/v1/hubs/{mine[0]['uid']}/")
    path = f"/api/v1/hubs/{hub['uid']}/"
    if wanted.values:
        now = portal.get(f"{path}values/")
        after = sent = over(now, wanted.values)
    else:
        now, after, sent = hub["spec"], over(hub["spec"], wanted.spec, fields), wanted.spec
    there = {row["user"] or row["email"] for row in portal.rows(f"{path}roster/")} if wanted.people else set()
    missing = tuple(name for name in wanted.people if name.lower() not in there)
    found = tuple(differences(now, after))
    asked = _waits(portal, wanted, kind="change", hub=hub["uid"]) if found else None
    verb = "waits" if asked else "change" if found or missing else "unchanged"
    return Step(wanted, verb, hub, sent, found, missing, asked)


def _waits(portal: Portal, wanted: Wanted, **narrowed: str) -> dict[str, Any] | None:
    """Return the undecided request for this hub, if any."""
    found: dict[str, Any] = {"organization": wanted.organization, "q": wanted.slug, "state": WAITING, **narrowed}
    return next((row for row in portal.rows("/api/v1/requests/", **found) if row["slug"] == wanted.slug), None)


def tell(step: Step) -> None:
    sign = {"create": "+", "change": "~", "waits": "?", "unchanged": "="}[step.verb]
    verb = f"waiting for {step.asked['turn']}" if step.asked else step.verb
    out.say(f"{sign} {step.wanted.name}: {verb}")
    for path, before, after in step.differences:
        out.say(f"    {path}: {cell(before) or '(nothing)'} -> {cell(after) or '(nothing)'}")
    if step.new_people:
        out.say(f"    {len(step.new_people)} people to add to the list")


def carry_out(portal: Portal, step: Step) -> dict[str, Any] | None:
    """Do what the step says. Return its request, if there is one."""
    wanted, row = step.wanted, step.asked
    if row:
        pass
    elif step.hub is None:
        row = portal.post("/api/v1/requests/", wanted.body())
    elif step.differences:
        what = {"values": step.spec} if wanted.values else {"spec": step.spec}
        row = portal.post("/api/v1/requests/", {"hub": step.hub["uid"], **what, "reason": wanted.reason})
    uid = row["hub"] if row else step.hub and step.hub["uid"]
    if step.new_people and uid:
        portal.post(f"/api/v1/hubs/{uid}/roster/", step.listing())
    elif step.new_people:
        out.say(f"{wanted.name}: apply the file again after approval to add its people.")
    return row


def apply(
    file: Annotated[Path, typer.Option("--file", "-f", help="File with YAML documents, one per hub")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--plan", help="Only show the plan. Exit code 9 if there are changes")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all hubs are up to date")] = False,
    timeout: Annotated[float, typer.Option(help="Maximum time to wait for each hub, in seconds")] = 900,
) -> None:
    """Apply a file that describes hubs: show the plan, ask for confirmation, and request the differences.

    Hubs that are not in the file are not changed. Settings of a hub that are not in the file stay as they are.
    """
    portal = session.portal()
    hubs = read(file)
    fields = frozenset(row["path"] for row in portal.get("/api/v1/schema/fields/"))
    steps = [plan(portal, wanted, fields) for wanted in hubs]
    for step in steps:
        tell(step)
    work = [step for step in steps if step.verb != "unchanged"]
    asked: list[tuple[Step, dict[str, Any]]] = []
    if work and not dry_run:
        new = [step for step in work if not step.asked]
        if new and not yes and not typer.confirm(f"Apply these changes to {len(new)} of {len(steps)} hubs?", err=True):
            raise Trouble("Nothing was changed.", FAILED)
        asked = [(step, row) for step in work if (row := carry_out(portal, step))]
    for step, row in asked:
        _follow(portal, step, row, timeout if wait else 0)
    for step in steps if wait else ():
        if step.hub and not step.differences:
            find.until_settled(portal, step.hub["uid"], timeout)
    if out.as_json:
        out.data([{"hub": s.wanted.name, "plan": s.verb, "differences": [d[0] for d in s.differences]} for s in steps])
    elif not work:
        out.say("No changes: all hubs match the file.")
    if dry_run and any(not step.asked for step in work):
        raise typer.Exit(DIFFERS)


def _follow(portal: Portal, step: Step, row: dict[str, Any], seconds: float) -> None:
    if not seconds:
        out.say(f"{step.wanted.name}: {row['state']}" + (f", waiting for {row['turn']}" if row["turn"] else ""))
        return
    row = find.until_decided(portal, row["uid"], seconds)
    if row["state"] != "approved":
        raise Trouble(f"{step.wanted.name}: the request was {row['state']}: {row['decision']}", FAILED)
    if step.hub is None and step.new_people:
        portal.post(f"/api/v1/hubs/{row['hub']}/roster/", step.listing())
    find.until_settled(portal, row["hub"], seconds)
