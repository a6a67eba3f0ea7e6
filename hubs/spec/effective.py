"""What a hub does in the end: the values that its files are made from. Limits, cost, consequences and review are
computed from them, so that it makes no difference where in a spec a value was written. Pure.

A value that a field can hold is kept in the field (`in_fields`), wherever it was said. What a field does not take, and
what has no field, stays in "more configuration", counts, and a person reads it.
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
NAMES = ("admin_users", "allowed_users")  # JupyterHub makes small letters of them
SIZES = {split(one.values_path): one.kind for one in FIELDS.values() if one.kind in ("memory", "storage")}

# Of JupyterHub's classes: nothing said is no. A field that knows a third answer is not among them.
FALSE_ANYWAY = {split(one.values_path) for one in FIELDS.values()
                if one.kind == "bool" and one.values_path.startswith("hub.config.")}  # fmt: skip


def values(spec: HubSpec) -> Tree:
    """The values that a hub of this spec follows, in the chart's own shapes."""
    tree = to_values(spec.model_copy(update={"more": followed(spec.more)}))
    for field in FIELDS.values():
        at = split(field.values_path)
        if not field.values_path or field.path in ELSEWHERE_SAID or not field.asked(spec):
            continue
        value = field.read(spec)
        # A file leaves out what the chart does by itself. Our hubs do by themselves what the field's default says.
        if value not in (None, field.default) and value == chart.default(at) and get(tree, at, MISSING) is MISSING:
            put(tree, at, value)
    return settled(tree)


def _under(spec: HubSpec, more: Tree) -> Tree:
    """What fields and `more` say, and nothing else."""
    return to_values(spec.model_copy(update={"more": more}), literal=True)


def same(ours: Any, theirs: Any, path: Path = ()) -> bool:
    """Whether two values at this path are one, however a size is spelled."""
    ours, theirs = _plain(path, ours), _plain(path, theirs)
    if (path in FALSE_ANYWAY or path[:4] == IDPS) and _is_no(ours) and _is_no(theirs):
        return True
    if isinstance(ours, bool) != isinstance(theirs, bool):
        return False
    return bool(ours == theirs) or (ours in (None, MISSING) and theirs is None)


def _is_no(value: Any) -> bool:
    return value is MISSING or value is False


def _plain(path: Path, value: Any) -> Any:
    """A size as a number, a count as text, names in small letters, a class by its short name; else as it is."""
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


# --- one place for each value -----------------------------------------------------------------------------------------
def in_fields(spec: HubSpec, context: Mapping[str, Any] | None = None) -> HubSpec:
    """The same hub, with everything that "more" says of fields in the fields, as far as they take it. `context` is that
    of the spec's validation."""
    return _moved(spec, context)[0]


def refused(spec: HubSpec) -> dict[str, str]:
    """{field: sentence} of what "more" says of a field that the field does not take. It counts all the same."""
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
    """Every leaf at or below this path."""
    place = get(tree, root, MISSING)
    if isinstance(place, dict) and place:
        return list(leaves(place, root))
    return [] if place is MISSING else [(root, place)]


def _known(spec: HubSpec, said: Mapping[Path, Any]) -> set[Path]:
    """What of this the fields say by themselves."""
    written = _under(spec, {})
    return {path for path, value in said.items() if same(get(written, path, MISSING), value, path)}


def _said(spec: HubSpec, more: Tree) -> Tree:
    """{field: value} of what "more" says of fields that stand alone."""
    whole = _under(spec, more)
    found: Tree = {}
    for path, field in FIELDS.items():
        at, asked = split(field.values_path), field.words.when
        if path in ELSEWHERE_SAID or not field.values_path or get(more, at, MISSING) is MISSING:
            continue
        if asked and asked[0] == "signIn.method" and spec.signIn.method not in asked[1]:
            continue  # of another way to sign in: no field of this one has it
        value = get(whole, at)
        if value is None and not field.optional:
            value = field.default if chart.default(at) is None else chart.default(at)
        found[path] = value
    return found


def _with(spec: HubSpec, said: Mapping[str, Any], context: Mapping[str, Any] | None) -> tuple[HubSpec, dict[str, str]]:
    """(the spec with these in its fields, what the fields do not take). The rules of today decide that, also for a
    stored spec: what it has in a field already is not asked again."""
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
    """Which of these fields an error at this path is about: itself, or those beside it."""
    part = error.rpartition(".")[0]
    itself = [path for path in paths if path == error or path.startswith(f"{error}.") or error.startswith(f"{path}.")]
    return itself or [path for path in paths if part and path.startswith(f"{part}.")]
