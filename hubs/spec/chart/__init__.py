"""What the Zero to JupyterHub chart (4.4) understands: its schema, its defaults, and how Helm puts values over them."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubs.spec.chart.newer import Schema, patched

if TYPE_CHECKING:
    from jsonschema import Draft7Validator  # type: ignore[import-untyped]

HERE = Path(__file__).parent
Tree = dict[str, Any]


@cache
def schema() -> Schema:
    """What the chart takes, as JSON Schema; nobody changes it."""
    return patched(json.loads((HERE / "values.schema.json").read_text(encoding="utf-8"))["schema"])


@cache
def _schema() -> "Draft7Validator":
    from jsonschema import Draft7Validator  # here: a third of a second that only a draft with such values needs

    return Draft7Validator(schema())


@cache
def _defaults() -> Tree:
    found: Tree = json.loads((HERE / "values.defaults.json").read_text(encoding="utf-8"))["defaults"]
    return found


def merged(below: Any, above: Any) -> Any:
    """As Helm does it: maps merge, lists replace, null deletes."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return copy.deepcopy(above)
    keys = [key for key in below | above if not (key in above and above[key] is None)]
    return {key: merged(below.get(key), above[key]) if key in above else copy.deepcopy(below[key]) for key in keys}


@cache
def keys() -> Tree:
    """Every key that the chart knows, in a tree: {"singleuser": {"memory": {"limit": {}, "guarantee": {}}}}."""

    def below(part: Any) -> Tree:
        known = part.get("properties", {}) if isinstance(part, dict) else {}
        return {name: below(one) for name, one in known.items()}

    return below(schema())


def over_defaults(values: Tree) -> Tree:
    """Everything that the chart would be given."""
    found: Tree = merged(_defaults(), values)
    return found


def default(path: tuple[str, ...]) -> Any:
    """The chart's default at this path; None when it has none."""
    place: Any = _defaults()
    for name in path:
        place = place.get(name) if isinstance(place, dict) else None
    return copy.deepcopy(place)


def complaints(values: Tree) -> list[tuple[tuple[str, ...], str]]:
    """What the chart would refuse, as (path, sentence). Sorted by path."""
    if not values:
        return []  # the chart takes its own defaults
    found = []
    for error in _schema().iter_errors(over_defaults(values)):
        path = tuple(str(part) for part in error.absolute_path)
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            more = [name for name in error.instance if name not in known]
            whose = error.schema.get("of", "Zero to JupyterHub")
            found += [((*path, name), f"{whose} has no such setting.") for name in more]
        elif error.validator == "required":
            lacking = [name for name in error.validator_value if name not in error.instance]
            found += [((*path, name), "This is missing.") for name in lacking]
        elif error.validator == "oneOf":
            found.append((path, "Write exactly one of data, stringData and binaryData."))
        else:
            found.append((path, error.message if len(error.message) <= 200 else f"{error.message[:200]}…"))
    return sorted(found)
