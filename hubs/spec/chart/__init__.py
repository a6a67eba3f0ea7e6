"""The Zero to JupyterHub chart (4.4): its schema, its defaults, and Helm's merge of values over them."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubs.language import _
from hubs.spec.chart.newer import Schema, patched

if TYPE_CHECKING:
    from jsonschema import Draft7Validator  # type: ignore[import-untyped]

HERE = Path(__file__).parent
Tree = dict[str, Any]


@cache
def schema() -> Schema:
    """Return the JSON Schema of the chart's values. Don't modify it."""
    return patched(json.loads((HERE / "values.schema.json").read_text(encoding="utf-8"))["schema"])


@cache
def _schema() -> "Draft7Validator":
    from jsonschema import Draft7Validator  # imported here: takes 0.3 s, and few calls need it

    return Draft7Validator(schema())


@cache
def _defaults() -> Tree:
    found: Tree = json.loads((HERE / "values.defaults.json").read_text(encoding="utf-8"))["defaults"]
    return found


def merged(below: Any, above: Any) -> Any:
    """Merge values as Helm does: maps merge, lists replace, null deletes."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return copy.deepcopy(above)
    keys = [key for key in below | above if not (key in above and above[key] is None)]
    return {key: merged(below.get(key), above[key]) if key in above else copy.deepcopy(below[key]) for key in keys}


@cache
def keys() -> Tree:
    """Return all keys of the chart as a tree: {"singleuser": {"memory": {"limit": {}, "guarantee": {}}}}."""

    def below(part: Any) -> Tree:
        known = part.get("properties", {}) if isinstance(part, dict) else {}
        return {name: below(one) for name, one in known.items()}

    return below(schema())


def over_defaults(values: Tree) -> Tree:
    """Return the values merged over the chart's defaults."""
    found: Tree = merged(_defaults(), values)
    return found


# With one of these keywords, a schema validates a map as a whole, not only each value.
AT_ONCE = frozenset(("if", "$ref", "oneOf", "anyOf", "allOf", "not", "dependencies", "minProperties", "maxProperties"))


def touched(below: Any, above: Any, rules: Any) -> Any:
    """Return the merged values that these values affect, and required ones. The rest are the chart's own defaults,
    which are valid; validating all of them each time would take several times as long."""
    alone = isinstance(rules, dict) and "properties" in rules and not AT_ONCE & rules.keys()
    if not (alone and isinstance(below, dict) and isinstance(above, dict)):
        return merged(below, above)
    known = rules["properties"]
    found = {
        name: touched(below[name], {}, known.get(name)) if isinstance(below[name], dict) else below[name]
        for name in rules.get("required", ())
        if name in below and name not in above
    }
    found |= {key: touched(below.get(key), said, known.get(key)) for key, said in above.items() if said is not None}
    return found


def default(path: tuple[str, ...]) -> Any:
    """Return the chart's default at this path; None if it has none."""
    place: Any = _defaults()
    for name in path:
        place = place.get(name) if isinstance(place, dict) else None
    return copy.deepcopy(place)


def complaints(values: Tree) -> list[tuple[tuple[str, ...], str]]:
    """Return what the chart would refuse, as (path, sentence), sorted by path."""
    if not values:
        return []  # the chart's own defaults are valid
    return sentences(touched(_defaults(), values, schema()))


def sentences(given: Any) -> list[tuple[tuple[str, ...], str]]:
    """Return the schema's errors for this tree as it is, as (path, sentence), sorted by path."""
    found = []
    for error in _schema().iter_errors(given):
        path = tuple(str(part) for part in error.absolute_path)
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            more = [name for name in error.instance if name not in known]
            said = _("{software} has no such setting.", software=error.schema.get("of", "Zero to JupyterHub"))
            found += [((*path, name), said) for name in more]
        elif error.validator == "required":
            lacking = [name for name in error.validator_value if name not in error.instance]
            found += [((*path, name), _("This is missing.")) for name in lacking]
        elif error.validator == "oneOf":
            found.append((path, _("Use exactly one of data, stringData and binaryData.")))
        else:  # jsonschema's, in English
            found.append((path, error.message if len(error.message) <= 200 else f"{error.message[:200]}…"))
    return sorted(found)
