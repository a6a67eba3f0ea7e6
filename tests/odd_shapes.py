"""Values of every kind at every place of the chart's schema, and at those that only newer charts and the real classes
know: what people type, upload and paste."""

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

from hubs.spec import chart, shape
from hubs.spec.trees import Path, get

NAME = "Odd"  # the name of an entry whose name is free
# Null, list, text, number, bool and map, in the spellings that people use for them.
ODD: tuple[Any, ...] = (
    None, [], {}, "x", "/x", "2G", "", 5, 1.5, True, [None], ["x"], [5], [{"name": "x"}], {"a": None}, {"a": "x"},
    {"b": {"name": "x"}, "a": None}, {"name": "x"},
)  # fmt: skip
DEEPEST = 6  # below that, Kubernetes' objects consist of the same parts again


def places(node: Any = None, at: Path = ()) -> Iterator[Path]:
    """Yield every place, section by section; for a list, its first entry."""
    node = chart.schema() if node is None else node
    if named := node.get("$ref", "").rpartition("/")[2]:
        node = chart.schema()["definitions"][named]
    if at:
        yield at
    if len(at) >= DEEPEST:
        return
    for name, below in node.get("properties", {}).items():
        yield from places(below, (*at, name))
    for rule in (*node.get("patternProperties", {}).values(), node.get("additionalProperties")):
        if isinstance(rule, dict):
            yield from places(rule, (*at, NAME))
    if isinstance(node.get("items"), dict):
        yield from places(node["items"], (*at, "0"))


def tree(path: Path, value: Any) -> Any:
    """Return a tree with this value at this place, and nothing else. "0" is the first entry of a list."""
    for name in reversed(path):
        value = [value] if name == "0" else {name: value}
    return value


def forest(random: Random, how_many: int) -> dict[str, Any]:
    """Return one tree with odd values at this many places of the sections that a hub honours."""
    found: dict[str, Any] = {}
    roots = [one for one in places() if one[0] in ("hub", "singleuser", "cull", "custom")]
    sections = sorted({path[:2] for path in roots})
    for _ in range(how_many):
        section = random.choice(sections)
        path = random.choice([path for path in roots if path[:2] == section])
        found = chart.merged(found, tree(path, copy.deepcopy(random.choice(ODD[1:])))) or found
    return found


def taken(found: dict[str, Any]) -> dict[str, Any]:
    """Return the valid part of the tree: what a form, the API and an import accept."""
    for _ in range(200):
        wrong = shape.complaints(found)
        if not wrong:
            return found
        for path, _ in wrong:
            _forget(found, path)
    raise AssertionError(f"complaints about what is not there: {wrong}")


def _forget(place: Any, path: Path) -> None:
    """Leave out the value at this path; if a required key is missing, leave out the parent that lacks it."""
    nothing = object()
    while get(place, path, nothing) is nothing:
        path = path[:-1]
    above = get(place, path[:-1]) if path else None  # one of its parents is gone already
    if isinstance(above, dict):
        above.pop(path[-1], None)
    elif isinstance(above, list):
        above[int(path[-1])] = None
