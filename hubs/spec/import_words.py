"""Words of an import's report: which field has an imported value, and how the field shows it. Pure."""

import json
from typing import Any

from hubs.language import _
from hubs.spec import chart
from hubs.spec.authenticators import AUTHENTICATOR
from hubs.spec.chart import Tree
from hubs.spec.composed import COMPOSED
from hubs.spec.diff import MANY, briefly
from hubs.spec.fields import FIELDS, Field
from hubs.spec.hub import HubSpec
from hubs.spec.sign_in import CLASSES, SECRETS
from hubs.spec.trees import Path, get, split

LONGEST = 300  # characters of one value in the report
PLACES = {split(one.values_path): path for path, one in FIELDS.items() if one.values_path}


def says_nothing(path: Path, value: Any = None) -> bool:
    """Return whether a null or an empty map at this path changes nothing. Empty maps are merged into others."""
    known: Any = get(chart.keys(), path)
    usual = chart.default(path)
    empty = usual in (None, {}, []) or (value == {} and isinstance(usual, dict))
    return known is not None and empty


def shown(spec: HubSpec, written: Tree, path: Path, value: Any) -> tuple[str, str]:
    """Return (label of the field with the value at this path, the value in words), or ("", "") if no field shows it.
    `written` are the values of the spec's fields."""
    for length in range(len(path), 0, -1):
        if name := PLACES.get(path[:length]):
            return str(FIELDS[name].words.label), _short(_said(FIELDS[name], spec, path[length:], value))
    if value is None:
        return "", ""
    root, fields = _together(spec, written, path)
    words = (_said(one, spec, path[len(root) :] if one.kind in MANY else (), value) for one in fields)
    return " · ".join(str(one.words.label) for one in fields), _short(" · ".join(map(str, words)))


def secret_label(path: Path) -> str:
    """Return the form's label of the secret at this path."""
    for method, keys in SECRETS.items():
        for key, label in keys:
            if path == ("hub", "config", CLASSES[method][1], key):
                return str(label)
    return _("Secret")


def _said(field: Field, spec: HubSpec, below: Path, value: Any) -> str:
    """Return the field's value or, for an entry of a map, the value of the entry, whose name is in the path."""
    if below:
        return _plain(value)
    return str(briefly(field, field.read(spec))) or _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return _("empty")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _together(spec: HubSpec, written: Tree, path: Path) -> tuple[Path, list[Field]]:
    """Return (the path that several fields fill together, those of them that are not at their default)."""
    for one in COMPOSED:
        if root := next((root for root in one.roots if path[: len(root)] == root), ()):
            known = [FIELDS[name] for name in one.read(written)]
            return root, [field for field in known if field.read(spec) != field.default] or known[:1]
    says = path == AUTHENTICATOR or (path[:2] == ("hub", "config") and get(written, path) is not None)
    return (), [FIELDS["signIn.method"]] if says else []
