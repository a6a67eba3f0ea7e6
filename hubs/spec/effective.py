"""The effective values of a hub, from which its files are rendered. Limits, cost, consequences and review are computed
from them, so that it makes no difference where in a spec a value was written. Pure.

A value that a field can hold is moved to the field (`in_fields`). Values that a field does not accept, or that have no
field, stay in "more configuration": they have an effect and need review by staff.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from hubs.spec import chart
from hubs.spec.authenticators import AUTHENTICATOR, method_of
from hubs.spec.base import AS_READ, STORED
from hubs.spec.chart import Tree
from hubs.spec.composed import COMPOSED, IDPS
from hubs.spec.fields import FIELDS
from hubs.spec.followed import followed
from hubs.spec.hub import HubSpec
from hubs.spec.sentences import spec_errors
from hubs.spec.shape import settled
from hubs.spec.sign_in import CLASSES
from hubs.spec.sign_in_places import placed
from hubs.spec.trees import Path, get, leaves, put, split
from hubs.spec.types import memory_bytes, storage_bytes
from hubs.spec.values import ELSEWHERE_SAID, to_values

MISSING = object()
NAMES = ("admin_users", "allowed_users")  # JupyterHub converts them to lower case
SIZES = {split(one.values_path): one.kind for one in FIELDS.values() if one.kind in ("memory", "storage")}

# Settings of JupyterHub's classes where a missing value means False. Fields with a third answer are excluded.
FALSE_ANYWAY = {split(one.values_path) for one in FIELDS.values()
                if one.kind == "bool" and one.values_path.startswith("hub.config.")}  # fmt: skip


def values(spec: HubSpec) -> Tree:
    """Return the effective values of a hub with this spec, in the chart's own shapes."""
    tree = to_values(spec.model_copy(update={"more": followed(spec.more)}))
    for field in FIELDS.values():
        at = split(field.values_path)
        if not field.values_path or field.path in ELSEWHERE_SAID or not field.asked(spec):
            continue
        value = field.read(spec)
        # A values file leaves out the chart's defaults. The portal's hubs have the field's default instead.
        if value not in (None, field.default) and value == chart.default(at) and get(tree, at, MISSING) is MISSING:
            put(tree, at, value)
    return settled(tree)


def _under(spec: HubSpec, more: Tree) -> Tree:
    """Return what the fields and `more` set, and nothing else."""
    return to_values(spec.model_copy(update={"more": more}), literal=True)


def same(ours: Any, theirs: Any, path: Path = ()) -> bool:
    """Return whether two values at this path mean the same, for example two spellings of a size."""
    ours, theirs = _plain(path, ours), _plain(path, theirs)
    if (path in FALSE_ANYWAY or path[:4] == IDPS) and _is_no(ours) and _is_no(theirs):
        return True
    if isinstance(ours, bool) != isinstance(theirs, bool):
        return False
    return bool(ours == theirs) or (ours in (None, MISSING) and theirs is None)


def _is_no(value: Any) -> bool:
    return value is MISSING or value is False


def _plain(path: Path, value: Any) -> Any:
    """Normalise a value: sizes to numbers, counts to text, names to lower case, classes to their short names."""
    if path[:2] == ("hub", "config") and path[-1] in NAMES and isinstance(value, list | tuple):
        return [one.lower() if isinstance(one, str) else one for one in value]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    if path == AUTHENTICATOR and method_of(value):
        return CLASSES[method_of(value)][0]
    if path[:2] == ("singleuser", "extraResource"):
        return str(value)
    reads = {"memory": memory_bytes, "storage": storage_bytes}.get(SIZES.get(path, ""))
    try:
        return reads(str(value)) if reads else value
    except ValueError:
        return value


# --- one location per value -------------------------------------------------------------------------------------------
def in_fields(spec: HubSpec, context: Mapping[str, Any] | None = None) -> HubSpec:
    """Return the same hub, with values from `more` moved to the fields that accept them. `context` is the validation
    context of the spec."""
    return _moved(spec, context)[0]


def refused(spec: HubSpec) -> dict[str, str]:
    """Return {field: sentence} for values in `more` that their field refuses. They still have an effect."""
    return _moved(spec, None)[1]


def _moved(spec: HubSpec, context: Mapping[str, Any] | None) -> tuple[HubSpec, dict[str, str]]:
    stored = bool(context) and STORED.items() <= (context or {}).items()
    spec = spec.model_copy(update={"more": placed(spec.more, spec.signIn.method, stored=stored).values})
    more = followed(spec.more, into_fields=not stored)
    if not more:
        return spec, {}
    said = _said(spec, more)
    found, wrong = _with(spec, said, context)
    taken = {split(FIELDS[path].values_path) for path in said if path not in wrong}
    for one in COMPOSED:
        below = {path: value for root in one.roots for path, value in _below(more, root)}
        if not below:
            continue
        trial, not_taken = _with(found, one.read(_under(found, more)), context)
        known, better = _known(found, below), _known(trial, below)
        if better and known <= better and not not_taken:
            found, known = trial, better
        taken |= known
    if spec.signIn.method in CLASSES and method_of(get(more, AUTHENTICATOR)) == spec.signIn.method:
        taken.add(AUTHENTICATOR)
    rest: Tree = {}
    for path, value in leaves(spec.more):
        if not any(path[: len(at)] == at for at in taken):
            put(rest, path, value)
    return found.model_copy(update={"more": rest}), wrong


def _below(tree: Tree, root: Path) -> list[tuple[Path, Any]]:
    """Return every leaf at or below this path."""
    place = get(tree, root, MISSING)
    if isinstance(place, dict) and place:
        return list(leaves(place, root))
    return [] if place is MISSING else [(root, place)]


def _known(spec: HubSpec, said: Mapping[Path, Any]) -> set[Path]:
    """Return those of these paths whose values the fields already set."""
    written = _under(spec, {})
    return {path for path, value in said.items() if same(get(written, path, MISSING), value, path)}


def _said(spec: HubSpec, more: Tree) -> Tree:
    """Return {field: value} for values in `more` that have a field of their own, not a composed one."""
    whole = _under(spec, more)
    found: Tree = {}
    for path, field in FIELDS.items():
        at, asked = split(field.values_path), field.words.when
        if path in ELSEWHERE_SAID or not field.values_path or get(more, at, MISSING) is MISSING:
            continue
        if asked and asked[0] == "signIn.method" and spec.signIn.method not in asked[1]:
            continue  # of another sign-in method, whose fields are not used
        value = get(whole, at)
        if value is None and not field.optional:
            value = field.default if chart.default(at) is None else chart.default(at)
        found[path] = value
    return found


def _with(spec: HubSpec, said: Mapping[str, Any], context: Mapping[str, Any] | None) -> tuple[HubSpec, dict[str, str]]:
    """Return (the spec with these values in its fields, errors of fields that do not accept them). Today's rules apply,
    also to a stored spec; values that it already has in fields are not checked again."""
    left, wrong, rules = dict(said), dict[str, str](), AS_READ
    while left:
        data = spec.model_dump(mode="python")
        for path, value in left.items():
            put(data, split(path), value)
        try:
            return HubSpec.model_validate(data, context=rules), wrong
        except ValidationError as error:
            found = {path: " ".join(words) for at, words in spec_errors(error).items() for path in _about(at, left)}
            if not found and rules == AS_READ and context:
                rules = {**context, **AS_READ}
                continue
            found = found or dict.fromkeys(left, str(error.errors()[0]["msg"]))
            wrong |= found
            left = {path: value for path, value in left.items() if path not in found}
    return spec, wrong


def _about(error: str, paths: Mapping[str, Any]) -> list[str]:
    """Return which of these fields an error at this path is about: the field itself, or its siblings."""
    part = error.rpartition(".")[0]
    itself = [path for path in paths if path == error or path.startswith(f"{error}.") or error.startswith(f"{path}.")]
    return itself or [path for path in paths if part and path.startswith(f"{part}.")]
