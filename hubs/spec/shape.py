"""Check and normalise the types of values: maps, lists and texts, and the meaning of null. Pure.

null at any level means the chart's default. A list that may also be a map is ordered by key. The rules are the bundled
chart's schema (hubs.spec.chart); trees returned by `settled` have only the types that the hub's own files expect.
"""

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

from hubs.language import _, lazy
from hubs.spec import chart
from hubs.spec.chart import Tree
from hubs.spec.chart.newer import Schema
from hubs.spec.trees import Path, put
from hubs.spec.types import memory_bytes, storage_bytes

NOTHING = object()  # marks a value that can't be used here
NULLS_COUNT = ("kubespawner_override", "data")  # inside these, null has a meaning: no limit; null in a JSON file
NAMES = {
    "object": lazy("a map"), "array": lazy("a list"), "string": lazy("text"), "integer": lazy("a whole number"),
    "number": lazy("a number"), "boolean": lazy("true or false"), "null": "null",
}  # fmt: skip


def _kind(value: Any) -> str:
    """Return the JSON Schema type of this value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list | tuple):
        return "array"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    return "number" if isinstance(value, float) else "string"


def _types(node: Schema) -> tuple[str, ...]:
    """Return the allowed JSON Schema types; () if all are allowed."""
    if "enum" in node:
        return tuple(dict.fromkeys(_kind(one) for one in node["enum"]))
    said = node.get("type", ())
    return (said,) if isinstance(said, str) else tuple(said)


def _fits(value: Any, node: Schema) -> bool:
    types = _types(node)
    return not types or _kind(value) in types or (_kind(value) == "integer" and "number" in types)


def _below(node: Schema, name: str) -> Schema:
    """Return the rule for a key of a map; {} if anything is allowed."""
    if name in node.get("properties", {}):
        return _rule(node["properties"][name])
    for pattern, rule in node.get("patternProperties", {}).items():
        if re.search(pattern, name):
            return _rule(rule)
    return _rule(node.get("additionalProperties"))


def _entry(node: Schema) -> Schema:
    """Return the rule for the entries of a list."""
    return _rule(node.get("items"))


def _rule(node: Any) -> Schema:
    if not isinstance(node, dict):
        return {}
    named = node.get("$ref", "").rpartition("/")[2]
    found: Schema = chart.schema()["definitions"][named] if named else node
    return found


# --- texts and lists in other notations -------------------------------------------------------------------------------
def _memory(value: Any) -> Any:
    """Return a size in JupyterHub's notation: 512M and 1.5G stay; Kubernetes' 512Mi and quoted numbers become bytes."""
    size = memory_bytes(value) if isinstance(value, str) else value
    if size is not None and not 0 < size < 2**63:
        raise ValueError(_("Enter a size such as 512M or 2G."))
    return value if isinstance(value, str) and value[-1] in "KMGT" else size


def _storage(value: Any) -> Any:
    if value is not None:
        storage_bytes(value)
    return value


def _environment(value: Any) -> Any:
    """Return a map of names to values, also from Kubernetes' list of {name, value}. Numbers become text, as in Helm."""
    if isinstance(value, list):
        found: Tree = {}
        for one in value:
            if not isinstance(one, dict) or not isinstance(one.get("name"), str):
                raise ValueError(_("Enter names with values, such as COURSE: “101”."))
            found[one["name"]] = {"valueFrom": one["valueFrom"]} if "valueFrom" in one else one.get("value", "")
        value = found
    for name, text in value.items():
        if isinstance(text, list):
            raise ValueError(_("{name}: Enter text, not a list.", name=name))
    return {name: as_text(text) for name, text in value.items() if text is not None}


def as_text(value: Any) -> Any:
    """Return a number or boolean as Helm writes it if text is expected; anything else unchanged."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _sign_in(value: Any) -> Any:
    """Check the name of an authenticator: a short name, or the path of a class, which the hub's image may contain."""
    if "." not in value and value.lower() not in chart.schema()["sign-ins"]:
        raise ValueError(
            _(
                "JupyterHub has no authenticator “{name}”. Use one of {names}.",
                name=value[:60], names=", ".join(chart.schema()["sign-ins"]),
            )
        )  # fmt: skip
    return value


FORMATS: dict[str, Callable[[Any], Any]] = {
    "memory": _memory, "storage": _storage, "environment": _environment, "sign-in": _sign_in
}  # fmt: skip


# --- as the hub reads it ----------------------------------------------------------------------------------------------
def _ordered(value: Any, node: Schema) -> Any:
    """Return a list instead of a map that is ordered by key."""
    if node.get("ordered") and isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, tuple) else value


def _without_nulls(value: Any, name: str = "") -> Any:
    """Remove nulls from values without a rule, as if they were not there."""
    if name in NULLS_COUNT:
        return copy.deepcopy(value)
    if isinstance(value, dict):
        return {key: _without_nulls(one, key) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(one) for one in value if one is not None]
    return value


def _settled(value: Any, node: Schema, name: str = "", kept: bool = False) -> Any:
    kept = kept or node.get("kept", False)
    if _refused(value, node):
        return _without_nulls(value) if kept else NOTHING
    if check := FORMATS.get(node.get("format", "")):
        value = check(value)
    value = _ordered(value, node)
    if isinstance(value, dict) and name not in NULLS_COUNT:
        if _lacking(value, node):
            return copy.deepcopy(value) if kept else NOTHING
        named = [(key, one) for key, one in value.items() if not _names_no(key, node)]
        pairs = ((key, _settled(one, _below(node, key), key, kept)) for key, one in named)
        return {key: one for key, one in pairs if one is not NOTHING and (one is not None or _said_null(node, key))}
    if isinstance(value, list) and name not in NULLS_COUNT:
        found = [_settled(one, _entry(node), "", kept) for one in value if one is not None]
        return [one for one in found if one is not NOTHING]
    if isinstance(value, float) and "integer" in _types(node):
        return int(value)
    return copy.deepcopy(value)


def _lacking(value: Tree, node: Schema) -> list[str]:
    """Return the required keys that an entry lacks. Sections of the chart lack none, because it has defaults."""
    needs = [[name] for name in node.get("required", ())] if node.get("whole", True) else []
    needs += node.get("needs", ())  # one of two spellings
    return [names[0] for names in needs if all(value.get(name) is None for name in names)]


def _names_no(key: str, node: Schema) -> str:
    """Return why this can't be the name of an entry, or "" if it can."""
    if node.get("of") == "Kubernetes" and node["additionalProperties"] is False and key not in node["properties"]:
        return _("{software} has no such setting.", software="Kubernetes")
    return "" if re.fullmatch(node.get("names", ".*"), key, re.DOTALL) else str(node["names-are"])


def _said_null(node: Schema, key: str) -> bool:
    """Whether null has a meaning here, such as no limit or no storage class. For maps and lists, it never has."""
    types = _types(_below(node, key))
    return "null" in types and not {"object", "array"} & set(types)


def settled(tree: Tree) -> Tree:
    """Return values with the chart's own types. Nulls are removed, unless the chart allows null for a number, text or
    boolean (`memory.limit`: no limit). Maps that are ordered by key become lists. Values of a wrong type are removed
    (`complaints` reports them on input), except in `hub.config`, where a missing setting might give people access
    (`wrong_traits`)."""
    found = _settled(tree, chart.schema())
    return found if isinstance(found, dict) else {}


def listed(tree: Tree) -> Tree:
    """Return a copy in which maps that stand for ordered lists are lists. Nothing else changes."""
    found = _listed(tree, chart.schema())
    return found if isinstance(found, dict) else {}


def _listed(value: Any, node: Schema) -> Any:
    if node.get("ordered") and isinstance(value, dict):
        return [copy.deepcopy(value[key]) for key in sorted(value) if value[key] is not None]
    if isinstance(value, dict):
        return {key: _listed(one, _below(node, key)) for key, one in value.items()}
    return copy.deepcopy(value)


def moved(tree: Tree, path: Path) -> Path:
    """Return the path that the text at this path has after `settled`; () if it is removed."""
    mark, marked = "\0moved", copy.deepcopy(tree)
    put(marked, path, mark)
    return next((at for at, text in _texts(settled(marked)) if text == mark), ())


def _texts(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict | list):
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(one, (*at, str(name)))
    else:
        yield at, value


# --- what is wrong ----------------------------------------------------------------------------------------------------
def _expected(node: Schema) -> str:
    kinds = [kind for kind in dict.fromkeys(_types(node)) if kind != "null"]
    names = [str(NAMES[kind]) for kind in kinds if not (kind == "integer" and "number" in kinds)]
    if len(names) < 2:
        return "".join(names)
    return _("{some} or {last}", some=", ".join(names[:-1]), last=names[-1])


def _refused(value: Any, node: Schema) -> str:
    """Return why this value can't be used here, regardless of what is below it, or "" if it can."""
    if not _fits(value, node):
        if node.get("of") == "code":
            return _("This must be a function, which a file can’t contain. Remove it.")
        if node.get("of") == "pod":
            return _("The hub sets these. Use {setting} instead.", setting="singleuser.extraContainers")
        return _("Enter {expected} here, not {found}.", expected=_expected(node), found=NAMES[_kind(value)])
    if "enum" in node and value not in node["enum"]:
        choices = ", ".join(str(one) for one in node["enum"] if one)
        return _("Enter one of these: {choices}.", choices=choices)
    if isinstance(value, list) and len(value) < node.get("minItems", 0):
        return _("Enter at least {number}.", number=node["minItems"])
    if isinstance(value, int | float) and value < node.get("minimum", value):
        return _("Enter a number of at least {number}.", number=node["minimum"])
    if isinstance(value, int | float) and value > node.get("maximum", value):
        return _("Enter a number of at most {number}.", number=node["maximum"])
    try:
        FORMATS.get(node.get("format", ""), copy.copy)(value)
    except ValueError as error:
        return str(error)
    return ""


def _wrong(value: Any, node: Schema, at: Path = ()) -> Iterator[tuple[Path, str]]:
    if value is None:
        return
    if why := _refused(value, node):
        yield at, why
    elif isinstance(value, dict):
        yield from (((*at, name), _("This is missing.")) for name in _lacking(value, node))
        for key, one in value.items():
            if one is not None and (why := _names_no(str(key), node)):
                yield (*at, str(key)), why
                continue
            rule = _entry(node) if node.get("ordered") else _below(node, str(key))
            yield from _wrong(one, rule, (*at, str(key)))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from _wrong(one, _entry(node), (*at, str(number)))


def wrong_traits(tree: Tree) -> list[tuple[Path, str]]:
    """Return the settings of `hub.config` with which JupyterHub would not start, as (path, sentence)."""
    return [(path, words) for path, words in _wrong(tree, chart.schema()) if path[:2] == ("hub", "config")]


def complaints(tree: Any) -> list[tuple[Path, str]]:
    """Return all errors of these values as (path, sentence): wrong types, and what the chart would refuse. Sorted by
    path."""
    found = list(_wrong(tree, chart.schema()))
    if not isinstance(tree, dict):
        return found
    known = [path for path, _why in found]
    more = chart.complaints(settled(tree))
    return sorted({*found, *(one for one in more if not any(one[0][: len(path)] == path for path in known))})
