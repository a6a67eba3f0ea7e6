"""The shapes of values: what a map, a list or a text has to be, and what a null stands for. Pure.

Every level may be null: the chart's default. A list that may also be a map is ordered by key. The rules are the bundled
chart's schema (hubs.spec.chart), read here; a tree that went through `settled` has no other shape than the hub's own
files expect.
"""

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

from hubs.spec import chart
from hubs.spec.chart import Tree
from hubs.spec.chart.newer import Schema
from hubs.spec.trees import Path, put
from hubs.spec.types import memory_bytes, storage_bytes

NOTHING = object()  # what is left of a value that cannot be used here
NULLS_COUNT = ("kubespawner_override", "data")  # inside these a null says something: no limit; a null in a JSON file
NAMES = {
    "object": "a map", "array": "a list", "string": "text", "integer": "a whole number", "number": "a number",
    "boolean": "true or false", "null": "nothing",
}  # fmt: skip


def _kind(value: Any) -> str:
    """The JSON Schema type of this value."""
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
    """What may stand here; () when anything may."""
    if "enum" in node:
        return tuple(dict.fromkeys(_kind(one) for one in node["enum"]))
    said = node.get("type", ())
    return (said,) if isinstance(said, str) else tuple(said)


def _fits(value: Any, node: Schema) -> bool:
    types = _types(node)
    return not types or _kind(value) in types or (_kind(value) == "integer" and "number" in types)


def _below(node: Schema, name: str) -> Schema:
    """The rule for one key of a map; {} when anything goes."""
    if name in node.get("properties", {}):
        return _rule(node["properties"][name])
    for pattern, rule in node.get("patternProperties", {}).items():
        if re.search(pattern, name):
            return _rule(rule)
    return _rule(node.get("additionalProperties"))


def _entry(node: Schema) -> Schema:
    """The rule for each entry of a list."""
    return _rule(node.get("items"))


def _rule(node: Any) -> Schema:
    if not isinstance(node, dict):
        return {}
    named = node.get("$ref", "").rpartition("/")[2]
    found: Schema = chart.schema()["definitions"][named] if named else node
    return found


# --- texts and lists that say something else --------------------------------------------------------------------------
def _memory(value: Any) -> Any:
    """JupyterHub knows 512M and 1.5G, Kubernetes 512Mi, and people write 8589934592 in quotes: as JupyterHub has it."""
    size = memory_bytes(value) if isinstance(value, str) else value
    if size is not None and not 0 < size < 2**63:
        raise ValueError("Write a size such as 512M or 2G.")
    return value if isinstance(value, str) and value[-1] in "KMGT" else size


def _storage(value: Any) -> Any:
    if value is not None:
        storage_bytes(value)
    return value


def _environment(value: Any) -> Any:
    """A map of names, or Kubernetes' list of {name, value}. Numbers are written as text, as Helm does."""
    if isinstance(value, list):
        found: Tree = {}
        for one in value:
            if not isinstance(one, dict) or not isinstance(one.get("name"), str):
                raise ValueError("Write names with values, such as COURSE: “101”.")
            found[one["name"]] = {"valueFrom": one["valueFrom"]} if "valueFrom" in one else one.get("value", "")
        value = found
    for name, text in value.items():
        if isinstance(text, list):
            raise ValueError(f"{name}: Text is expected here, not a list.")
    return {name: as_text(text) for name, text in value.items() if text is not None}


def as_text(value: Any) -> Any:
    """A number or a truth as Helm writes it where text is expected; anything else as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _sign_in(value: Any) -> Any:
    """A short name, or the path of a class, which the hub's image may have."""
    if "." not in value and value.lower() not in chart.schema()["sign-ins"]:
        raise ValueError(f"JupyterHub knows no sign-in “{value[:60]}”: {', '.join(chart.schema()['sign-ins'])}.")
    return value


FORMATS: dict[str, Callable[[Any], Any]] = {
    "memory": _memory, "storage": _storage, "environment": _environment, "sign-in": _sign_in
}  # fmt: skip


# --- as the hub reads it ----------------------------------------------------------------------------------------------
def _ordered(value: Any, node: Schema) -> Any:
    """A list, where a map ordered by key stands for one."""
    if node.get("ordered") and isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, tuple) else value


def _without_nulls(value: Any, name: str = "") -> Any:
    """Of what no rule is known for: a null is as if it were not there."""
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
    """What an entry can't be without. Not of a section of the chart: what it lacks, the chart has."""
    needs = [[name] for name in node.get("required", ())] if node.get("whole", True) else []
    needs += node.get("needs", ())  # in either of two spellings
    return [names[0] for names in needs if all(value.get(name) is None for name in names)]


def _names_no(key: str, node: Schema) -> str:
    """Why this can't be the name of an entry; "" when it can."""
    if node.get("of") == "Kubernetes" and node["additionalProperties"] is False and key not in node["properties"]:
        return "Kubernetes has no such setting."
    return "" if re.fullmatch(node.get("names", ".*"), key, re.DOTALL) else node["names-are"]


def _said_null(node: Schema, key: str) -> bool:
    """Does a null say something of its own here: no limit, no class of storage? Of a map or a list it never does."""
    types = _types(_below(node, key))
    return "null" in types and not {"object", "array"} & set(types)


def settled(tree: Tree) -> Tree:
    """Values in the chart's own shapes. A null is left out, but for a number, a text or a truth that the chart lets be
    null (`memory.limit`: no limit). A map whose keys order the entries of a list becomes that list. What has a
    wrong shape is left out: `complaints` names it when it is typed. Only in `hub.config` it stays: there a setting that
    is left out may let people in (`wrong_traits`)."""
    found = _settled(tree, chart.schema())
    return found if isinstance(found, dict) else {}


def listed(tree: Tree) -> Tree:
    """A copy in which lists that were written as maps ordered by key are lists. Nothing else changes."""
    found = _listed(tree, chart.schema())
    return found if isinstance(found, dict) else {}


def _listed(value: Any, node: Schema) -> Any:
    if node.get("ordered") and isinstance(value, dict):
        return [copy.deepcopy(value[key]) for key in sorted(value) if value[key] is not None]
    if isinstance(value, dict):
        return {key: _listed(one, _below(node, key)) for key, one in value.items()}
    return copy.deepcopy(value)


def moved(tree: Tree, path: Path) -> Path:
    """Where the text at this path of a tree stands once the tree is settled; () when it is left out."""
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
    names = [NAMES[kind] for kind in dict.fromkeys(_types(node)) if kind != "null"]
    names = [name for name in names if not (name == "a whole number" and "a number" in names)]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _refused(value: Any, node: Schema) -> str:
    """Why this value can't stand here, whatever is below it; "" when it can."""
    if not _fits(value, node):
        if node.get("of") == "code":
            return "This is a function. A file can’t hold one."
        if node.get("of") == "pod":
            return "The hub makes these. Write singleuser.extraContainers."
        said = _expected(node)
        verb = "are" if said == "true or false" else "is"
        return f"{said[:1].upper()}{said[1:]} {verb} expected here, not {NAMES[_kind(value)]}."
    if "enum" in node and value not in node["enum"]:
        return f"Write one of these: {', '.join(str(one) for one in node['enum'] if one)}."
    if isinstance(value, list) and len(value) < node.get("minItems", 0):
        return f"Write at least {node['minItems']}."
    if isinstance(value, int | float) and value < node.get("minimum", value):
        return f"Write a number of at least {node['minimum']}."
    if isinstance(value, int | float) and value > node.get("maximum", value):
        return f"Write a number of at most {node['maximum']}."
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
        yield from (((*at, name), "This is missing.") for name in _lacking(value, node))
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
    """What of `hub.config` JupyterHub would not start with, as (path, sentence)."""
    return [(path, words) for path, words in _wrong(tree, chart.schema()) if path[:2] == ("hub", "config")]


def complaints(tree: Any) -> list[tuple[Path, str]]:
    """Everything that these values can't have, as (path, sentence): wrong shapes, and what the chart would refuse.
    Sorted by path."""
    found = list(_wrong(tree, chart.schema()))
    if not isinstance(tree, dict):
        return found
    known = [path for path, _ in found]
    more = chart.complaints(settled(tree))
    return sorted({*found, *(one for one in more if not any(one[0][: len(path)] == path for path in known))})
