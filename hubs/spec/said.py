"""Apply a partial spec from an API client to a draft or spec, field by field. Pure."""

import copy
from typing import Any

from hubs.spec.content import OPENS, REPOSITORY, left_behind
from hubs.spec.draft import Draft, checked, plain, to_draft
from hubs.spec.fields import FIELDS
from hubs.spec.hub import HubSpec
from hubs.spec.trees import get, put, split

_MISSING = object()


def begun(draft: Draft, said: dict[str, Any]) -> HubSpec:
    """Return the spec of this draft with the fields in `said` replaced. null means the draft's value, unless null is a
    valid value of the field. Raise SpecError if the result is invalid."""
    data, errors = plain(draft)
    _over(data, said, copy.deepcopy(data), errors)
    return checked(_following(draft, said, data), errors)


def changed(spec: HubSpec, start: Draft, said: dict[str, Any]) -> HubSpec:
    """Return `spec` with the fields in `said` replaced. null means the value in `start`, or the default, unless null is
    a valid value of the field. Raise SpecError if the result is invalid."""
    data = spec.model_dump(mode="json")
    _over(data, said, plain(start)[0], {})
    return checked(_following(to_draft(spec), said, data), {})


def _following(before: Draft, said: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """Return the data without values that followed from the former repository."""
    typed = {path: str(get(said, split(path)) or "") for path in (REPOSITORY, OPENS) if names(said, path)}
    for path, text in left_behind(before, typed).items():
        put(data, split(path), text)
    return data


def edited(before: HubSpec, after: HubSpec) -> Draft:
    """Return the draft texts that differ, so that all other texts, valid or not, stay as they were entered."""
    old = to_draft(before)
    return {path: text for path, text in to_draft(after).items() if text != old[path]}


def names(said: dict[str, Any], path: str) -> bool:
    """Whether a partial spec contains this field."""
    below: Any = said
    for name in path.split("."):
        if not isinstance(below, dict) or name not in below:
            return False
        below = below[name]
    return True


def _over(below: dict[str, Any], said: dict[str, Any], first: Any, errors: dict[str, list[str]], at: str = "") -> None:
    """Merge `said` into `below`, field by field. null resets to the value in `first`."""
    for name, value in said.items():
        path = f"{at}{name}"
        field, beginning = FIELDS.get(path), first.get(name, _MISSING) if isinstance(first, dict) else _MISSING
        for one in [one for one in errors if one == path or (value is None and one.startswith(f"{path}."))]:
            del errors[one]
        if field is None and isinstance(value, dict) and isinstance(below.setdefault(name, {}), dict):
            _over(below[name], value, beginning, errors, f"{path}.")
        elif value is not None or (field and field.optional) or not _known(path):
            below[name] = value
        elif beginning is not _MISSING:
            below[name] = copy.deepcopy(beginning)
        else:
            below.pop(name, None)


def _known(path: str) -> bool:
    """Whether there is a field, or a group of fields, with this path."""
    return any(one == path or one.startswith(f"{path}.") for one in FIELDS)
