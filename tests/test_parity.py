"""Everything that a person can do in the browser, a program can do with a token, and vice versa: every service is
called by a page and by the API. Both are read from the code, so a new service that lacks one fails here."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from .house import HUBS, files

SERVICE = re.compile(r"hubs\.(\w+)\.services\.(.+)")  # hubs.requests.services.asking.ask is called requests.asking.ask

INSIDE = "a part of what people ask for: hubs.retire, or the calendar"
# Service -> why this side does not have it. "Not written yet" is not a reason.
NOT_ON_A_PAGE = {
    "requests.asking.ask": "a program begins, fills in and sends in one go; a page begins, saves and submits",
    "requests.releases.end_for_good": INSIDE,
    "accounts.tokens.rotate": "a page makes a second token of the same name by tokens.create",
}
NOT_IN_THE_API = {
    "accounts.accounts.choose_username": "asked once after the first sign-in, before a person could have a token",
    "accounts.accounts.change_password": "typed where one signs in; a token must not be a way to take over an account",
    "accounts.devices.allow": "a person decides in a browser what a program may; a token must not decide for another",
    "accounts.devices.deny": "a person decides in a browser what a program may",
    "requests.releases.end_for_good": INSIDE,
    "organizations.invite_all": "a program calls organizations.invite once for each address",
    "accounts.tokens.check": "a part of devices.allow; tokens.create refuses the same",
}


def _name(path: Path) -> str:
    parts = path.relative_to(HUBS.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _service(name: str) -> str:
    return SERVICE.sub(r"\1.\2", name)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imported(path: Path) -> dict[str, str]:
    """Return what each imported name of a file refers to: "services" -> "hubs.requests.services.requests"."""
    found: dict[str, str] = {}
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom):
            above = _name(path).split(".")[: -node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            found |= {one.asname or one.name: f"{module}.{one.name}" for one in node.names}
    return found


def _used(node: ast.AST, names: dict[str, str]) -> set[str]:
    """Return every `module.function` and `function` in this part of the code, by its full name."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in names:
            found.add(names[part.id])
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in names:
            found.add(f"{names[part.value.id]}.{part.attr}")
    return found


def _functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in _tree(path).body if isinstance(node, ast.FunctionDef)]


def services() -> list[str]:
    """Return public functions with a keyword-only `by`: actions of a person."""
    return sorted(
        _service(f"{_name(path)}.{node.name}")
        for path in files("services")
        for node in _functions(path)
        if not node.name.startswith("_") and "by" in [argument.arg for argument in node.args.kwonlyargs]
    )


@cache
def _helpers() -> dict[str, set[str]]:
    """Return what each shared public function calls, including by private functions of its own module."""
    found: dict[str, set[str]] = {}
    for path in [*HUBS.glob("*.py"), *files("services"), *files("queries"), *files("forms")]:
        own = {node.name: f"{_name(path)}.{node.name}" for node in _functions(path)}
        names = _imported(path) | own
        uses = {name: _used(node, names) for node in _functions(path) for name in [own[node.name]]}
        for name, used in uses.items():
            private = [one for one in used if one.rpartition(".")[2].startswith("_")]
            found[name] = used.union(*(uses.get(one, set()) for one in private))
    return found


@cache
def reached_from(kind: str) -> frozenset[str]:
    """Return services that the code of this kind calls, directly or through one function."""
    direct: set[str] = set()
    for path in files(kind):
        direct |= _used(_tree(path), _imported(path))
    through = direct.union(*(_helpers().get(name, set()) for name in direct))
    return frozenset(_service(name) for name in through if SERVICE.fullmatch(name))


def test_calls_are_found_in_the_code():
    """It finds calls by name and through a helper, and does not invent any."""
    assert {"requests.requests.submit", "organizations.invite", "roster.roster.add"} <= set(services())
    assert "requests.asking.ask" in reached_from("api")
    assert "requests.requests.begin" in reached_from("api"), "through asking.ask"
    assert "clusters.clusters.record_check" in reached_from("pages"), "through clusters.check"
    assert not reached_from("rules")


@pytest.mark.parametrize(("kind", "reasons"), [("pages", NOT_ON_A_PAGE), ("api", NOT_IN_THE_API)])
def test_every_service_is_reached_from(kind, reasons):
    """Missing: write the page or the endpoint, or give the reason above. Needless: it exists now."""
    reached = reached_from(kind)
    missing = [name for name in services() if name not in reached and name not in reasons]
    needless = [name for name in reasons if name in reached or name not in services()]
    assert (missing, needless) == ([], [])
