"""Conversion of Zero to JupyterHub values to a spec: the inverse of values.py, and verified with it. kept.py finds
values in files; import_words.py has the words of the report.

A value is moved to a field only if the field, rendered again, gives exactly this value. Everything else is saved
unchanged in `more`, so that nothing is lost and an export contains it again.
"""

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from hubs.language import _, lazy
from hubs.spec import chart
from hubs.spec.authenticators import AUTHENTICATOR, method_of, not_offered
from hubs.spec.base import OF_FILE
from hubs.spec.chart import Tree
from hubs.spec.composed import COMPOSED
from hubs.spec.effective import MISSING, same
from hubs.spec.fields import FIELDS
from hubs.spec.filled import everybody, startable
from hubs.spec.followed import inside, own_way, why_ignored
from hubs.spec.hub import HubSpec
from hubs.spec.import_words import PLACES, says_nothing, secret_label, shown
from hubs.spec.kept import File, read
from hubs.spec.profile_outline import mistakes
from hubs.spec.profile_spelling import respelled
from hubs.spec.profiles import as_values
from hubs.spec.restated import restated
from hubs.spec.secrets import REPLACED, has_a_place, secrets_in
from hubs.spec.sentences import spec_errors
from hubs.spec.shape import complaints, listed
from hubs.spec.sign_in_places import Placed, placed
from hubs.spec.together import clashes
from hubs.spec.trees import Path, get, leaves, put, split
from hubs.spec.values import ELSEWHERE, ELSEWHERE_SAID, to_values

WHY_KEPT: tuple[tuple[Path, str], ...] = (
    (("singleuser", "extraPodConfig"), lazy("Kubernetes’ own pod settings, which need review by staff.")),
    (("singleuser", "networkPolicy", "egress"),
     lazy("These network rules can’t open private networks. To allow an address, use “Allowed destinations”.")),
)  # fmt: skip
PROFILES = ("singleuser", "profileList")
# Fields write only at or below these paths.
ROOTS = (
    ("hub", "config"), *(split(one.values_path) for one in FIELDS.values() if one.values_path),
    *(root for one in COMPOSED for root in one.roots),
)  # fmt: skip
FATES = ("typed", "more", "portal", "ignored")
NO_FIELD = lazy("There is no field for this.")
DEFAULT = lazy("This is the chart’s default.")
EMPTY = lazy("This is empty, so the chart’s default applies.")
SECRET = lazy("A secret. It is stored encrypted and never shown.")


@dataclass(frozen=True)
class Leaf:
    """A value of the file and its fate: "typed" (a field has it), "more" (saved unchanged), "portal" (the portal does
    this differently, as `why` explains) or "ignored" (saved, without effect)."""

    path: Path
    fate: str
    why: str = ""
    count: int = 1
    field: str = ""  # label of the field that has it
    shown: str = ""  # its value, as the field shows it

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def kept_how(self) -> str:
        return _("saved under “Advanced”") if self.fate == "more" else _("saved, but has no effect here")


@dataclass(frozen=True)
class Imported:
    """The result of an import. `secrets` must never be shown or stored in clear text. `notes` explain how values were
    found and what was filled in. `refused` are the paths of values that JupyterHub or its chart would not accept."""

    spec: HubSpec
    leaves: tuple[Leaf, ...]
    secrets: dict[Path, str] = field(repr=False)
    problems: tuple[str, ...] = ()
    round_trip: bool = False
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[Path, ...] = ()

    def count(self, fate: str = "") -> int:
        return sum(leaf.count for leaf in self.leaves if not fate or leaf.fate == fate)


def _take_secrets(tree: Tree) -> dict[Path, str]:
    """Remove every secret from the tree, and maps that become empty, and return the secrets by path. REPLACED takes the
    place of a secret whose path alone does not say where it belongs."""
    found: dict[Path, str] = {}
    for path in secrets_in(tree):
        above = get(tree, path[:-1])
        listed = any(isinstance(get(tree, path[:length]), list) for length in range(1, len(path)))
        if listed or not (has_a_place(path) or why_ignored(path)):
            found[path] = str(get(tree, path))
            put(tree, path, REPLACED)
            continue
        found[path] = str(above.pop(path[-1]))
        for length in range(len(path) - 1, 0, -1):
            if get(tree, path[:length]) == {}:
                del get(tree, path[: length - 1])[path[length - 1]]
    return found


def _is_ours(values: Tree) -> bool:
    """Return whether the file is an export with the portal's own sign-in."""
    return str(get(values, ("hub", "config", "GenericOAuthenticator", "authorize_url"))).startswith(ELSEWHERE)


def _method(values: Tree) -> str:
    method = method_of(get(values, AUTHENTICATOR))
    return "portal" if method == "generic-oauth" and _is_ours(values) else method


def _data(values: Tree, title: str) -> Tree:
    """Return the data of the fields. Values missing in the file are the chart's defaults, not the portal's."""
    data: Tree = {}
    for path, one in FIELDS.items():
        if not one.values_path or path in ELSEWHERE_SAID:
            continue
        value = get(values, split(one.values_path), MISSING)
        if value is MISSING and not path.startswith("signIn."):
            value = chart.default(split(one.values_path))
            if value is None and not one.optional:
                continue
        if value is MISSING and path == "signIn.oauth.scope":
            value = ()
        if value is not MISSING and not (path == "singleuser.cmd" and isinstance(value, str)):
            put(data, split(path), value)
    if method := _method(values):
        put(data, ("signIn", "method"), method)
    for composed in COMPOSED:
        for path, value in composed.read(values).items():
            put(data, split(path), value)
    put(data, ("about", "title"), title)
    return data


def _without(data: Tree, path: Path) -> bool:
    """Remove the value at this path, or the nearest one above it. Return False if there is none."""
    for length in range(len(path), 1, -1):
        above = get(data, path[: length - 1])
        if isinstance(above, dict) and path[length - 1] in above:
            del above[path[length - 1]]
            return True
    return False


def _fields(data: Tree) -> tuple[HubSpec, dict[str, str]]:
    """Return (the spec of all valid values, errors by field). Never raises, whatever the file contains."""
    wrong: dict[str, str] = {}
    for _attempt in range(len(FIELDS) + 1):
        try:
            return HubSpec.model_validate(data, context=OF_FILE), wrong
        except ValidationError as error:
            for path, sentences in spec_errors(error).items():
                known = next((name for name in FIELDS if path == name or path.startswith(f"{name}.")), path)
                if known == "more":  # stays unchanged, and the draft shows what is wrong
                    data.pop("more", None)
                    continue
                wrong[known] = " ".join(sentences)
                if not _without(data, tuple(known.split("."))):
                    data.pop("signIn", None)
    return HubSpec.model_validate({"about": data["about"]}), wrong


def _number_of_leaves(value: Any) -> int:
    if isinstance(value, dict) and value:
        return sum(_number_of_leaves(one) for one in value.values())
    return 1


def _count(path: Path, value: Any) -> int:
    """Return the number of values: 1 for a list, but the number of leaves for a list of profiles."""
    if path == PROFILES and isinstance(value, list) and value:
        return sum(_number_of_leaves(one) for one in value)
    return 1


def _as_kubespawner_reads(rest: Tree) -> list[str]:
    """Rewrite the list of profiles as KubeSpawner reads it, and return notes about what was moved."""
    profiles, said = respelled(get(rest, PROFILES))
    if profiles is not None:
        put(rest, PROFILES, profiles)
    return [f"{'.'.join(PROFILES)}: {one}" for one in said]


def _wrong(values: Tree, spec: HubSpec) -> list[tuple[Path, str]]:
    """Return (path, sentence) of what JupyterHub or its chart would not accept. An invalid list of profiles is in its
    field, where it can be corrected, so the field's own rules apply."""
    found = [one for one in complaints(values) if one[0][:2] != PROFILES or not spec.singleuser.profileList]
    wrong = mistakes(as_values(spec.singleuser.profileList))
    return found + [((*PROFILES, *map(str, one.path)), one.message) for one in wrong]


def from_files(files: Sequence[File], title: str = "Imported hub") -> Imported:
    """Return the spec of these files, merged in this order. Raise YamlError if a file can't be read."""
    kept = read(files)
    found = from_values(kept.values, title)
    return replace(found, files=kept.files, notes=kept.notes + found.notes)


def _fate(path: Path, ignored: str, otherwise: str) -> str:
    """Return the fate of the value at this path. `ignored` is the reason why it has no effect, or ""."""
    if not ignored:
        return otherwise
    return "portal" if own_way(path) else "ignored"


def _is_off(path: Path, value: Any, spec: HubSpec | None = None) -> bool:
    """Return whether this turns off a switch of a class that is off by default, for which its field writes nothing."""
    name = PLACES.get(path, "")
    off = value is False and path[:2] == ("hub", "config") and bool(name)
    return off and (spec is None or FIELDS[name].read(spec) is False)


def _places(
    rest: Tree, spec: HubSpec, fields: Tree, wrong: Mapping[str, str], secrets: Collection[Path],
    filled: Mapping[Path, str],
) -> tuple[list[Leaf], Tree]:  # fmt: skip
    """Return (the fate of each value, what has no field). `fields` are the values of the spec's fields."""
    written = chart.over_defaults(fields)
    found: list[Leaf] = []
    more: Tree = {}
    reasons = {split(FIELDS[path].values_path): words for path, words in wrong.items() if path in FIELDS}
    if unknown := "" if _method(rest) else not_offered(rest, ""):
        reasons[AUTHENTICATOR] = unknown
    for path, value in leaves(rest):
        count = _count(path, value)
        stays = unknown and path == AUTHENTICATOR  # also “dummy”, the chart's default
        known = inside(path, ROOTS) and same(get(written, path, MISSING), value, path)
        if not stays and (known or _is_off(path, value, spec)):
            if path not in secrets:  # added below
                words = shown(spec, fields, path, value)
                why = filled.get(path, "") if words[0] else EMPTY if value is None else DEFAULT
                found.append(Leaf(path, "typed", str(why), count, *words))
        elif value in (None, {}, []) and says_nothing(path, value):
            found.append(Leaf(path, "typed", str(EMPTY)))
        else:
            put(more, path, value)
            ignored = why_ignored(path)
            why = ignored or next((w for root, w in reasons.items() if root[: len(path)] == path[: len(root)]), "")
            why = why or next((words for root, words in WHY_KEPT if inside(path, (root,))), NO_FIELD)
            found.append(Leaf(path, _fate(path, ignored, "more"), str(why), count))
    for path in secrets:
        ignored = why_ignored(path)
        found.append(Leaf(path, _fate(path, ignored, "typed"), ignored or str(SECRET), 1, secret_label(path)))
    return found, more


def from_values(values: Tree, title: str = "Imported hub") -> Imported:
    """Return the spec of these values. Never raises for a map; errors are in `problems`."""
    where = Placed(values) if _is_ours(values) else placed(values)
    values, restatements = restated(listed(where.values))
    rest = copy.deepcopy(values)
    moved = [*where.notes(), *restatements, *_as_kubespawner_reads(rest)]
    filled = startable(rest) | everybody(rest, _method(rest))
    secrets = _take_secrets(rest)
    spec, wrong = _fields(_data(rest, title))
    spec = spec.model_copy(update={"more": {}})
    ours = _is_ours(rest)
    fields = to_values(spec, elsewhere=ours, literal=True)
    found, more = _places(rest, spec, fields, wrong, secrets, filled)
    spec = spec.model_copy(update={"more": more})
    wrong_here = _wrong(values, spec) or clashes(spec)
    problems = [f"{'.'.join(path)}: {words}" for path, words in wrong_here]
    masked = copy.deepcopy(rest)
    for path in secrets:
        put(masked, path, REPLACED)
    again = to_values(spec, secrets, elsewhere=ours, literal=True)
    differ = _differences(chart.over_defaults(again), chart.over_defaults(masked))
    problems += [_("{name}: an export would not have the same value as the file.", name=name) for name in differ]
    refused = tuple(dict.fromkeys(path for path, _why in wrong_here))
    notes = (*moved, *(f"{'.'.join(path)}: {words}" for path, words in filled.items()))
    return Imported(spec, tuple(found), secrets, tuple(problems), not differ, notes=notes, refused=refused)


def _differences(ours: Tree, theirs: Tree) -> list[str]:
    left, right = dict(leaves(ours)), dict(leaves(theirs))
    empty: tuple[Any, ...] = ({}, [], None, MISSING)
    return [
        ".".join(path)
        for path in sorted(left.keys() | right.keys())
        if not same(left.get(path, MISSING), right.get(path, MISSING), path)
        and not (left.get(path, MISSING) in empty and right.get(path, MISSING) in empty)
        and not (path not in left and _is_off(path, right.get(path)))
    ]
