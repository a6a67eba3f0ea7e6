"""Drafts: the text typed so far, by dotted path, possibly invalid. A spec is always valid."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from hubs.language import _
from hubs.spec.answers import from_text, to_text
from hubs.spec.egress import approved
from hubs.spec.fields import FIELDS
from hubs.spec.hub import About, HubSpec
from hubs.spec.sentences import SpecError, spec_errors

Draft = dict[str, str]
# An empty text makes these fields empty; others keep their value.
EMPTY_SAYS = ("people", "lines", "text", "map", "profiles", "institutions", "values", "rows")
NAMELESS = "---"  # placeholder for a name that is not filled in yet


def parse(data: Any) -> HubSpec:
    """Return a spec from plain data (stored, or from the API). Raise SpecError if it is invalid."""
    try:
        return HubSpec.model_validate(data)
    except ValidationError as error:
        raise SpecError(spec_errors(error)) from error


def to_draft(spec: HubSpec) -> Draft:
    """Return every field of a spec as the text that a form shows."""
    return {path: to_text(field, field.read(spec)) for path, field in FIELDS.items()}


def plain(draft: Draft) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the draft as plain data, and errors by field for what can't be read."""
    data: dict[str, Any] = {}
    errors: dict[str, list[str]] = {path: [_("There is no such field.")] for path in draft if path not in FIELDS}
    for path, text in draft.items():
        field = FIELDS.get(path)
        text = text.strip()
        if not field or (text == "" and field.kind not in EMPTY_SAYS and not field.optional):
            continue
        *parents, leaf = path.split(".")
        place = data
        for parent in parents:
            place = place.setdefault(parent, {})
        try:
            place[leaf] = None if field.optional and text == "" else from_text(field, text)
        except ValueError as error:
            errors[path] = [str(error)]
    return data, errors


def checked(data: dict[str, Any], errors: dict[str, list[str]]) -> HubSpec:
    """Return the spec. Raise SpecError with `errors` and all other errors."""
    try:
        spec = HubSpec.model_validate(data)
    except ValidationError as error:
        errors = {**spec_errors(error), **errors}
        if "about" in errors:  # `about` is missing completely
            errors["about.title"] = errors.pop("about")
    else:
        # Not in the model, because stored specs from before this rule must stay readable. Rendering leaves them out.
        if refused := approved(spec.singleuser.internetExceptions).dropped:
            errors["singleuser.internetExceptions"] = list(refused)
    if errors:
        raise SpecError(errors)
    return spec


def from_draft(draft: Draft) -> HubSpec:
    """Return the spec of a draft. Raise SpecError with sentences by field, also for unknown paths."""
    return checked(*plain(draft))


@dataclass(frozen=True)
class Reading:
    """The result of reading a draft. `left_out` are the paths whose text is not in `spec`, because it is invalid or
    conflicts with other text. Pages show it as it was typed."""

    spec: HubSpec
    errors: dict[str, list[str]]
    left_out: frozenset[str] = frozenset()


def read_draft(draft: Draft) -> Reading:
    """Return the spec of all valid text, and all errors. Only invalid fields have their default; others are not
    affected. Never raises."""
    rest = {path: text for path, text in draft.items() if path in FIELDS}
    try:
        return Reading(from_draft(draft), {})
    except SpecError as error:
        found = errors = error.errors
    while rest.keys() & errors:  # leaving one out may make another one invalid
        rest = {path: text for path, text in rest.items() if path not in errors}
        try:
            spec = from_draft({"about.title": NAMELESS, **rest})
            break
        except SpecError as error:
            errors = error.errors
    else:  # a default conflicts with something that was typed
        spec, rest = _as_much_as_fits(rest)
    return Reading(spec, found, frozenset(path for path in draft if path in FIELDS and path not in rest))


def reading(draft: Draft) -> tuple[HubSpec, dict[str, list[str]]]:
    """Return (spec, errors) of `read_draft`."""
    found = read_draft(draft)
    return found.spec, found.errors


def _as_much_as_fits(typed: Draft) -> tuple[HubSpec, Draft]:
    """Return a spec with as many of these texts as are valid together, and those texts. Bisects what does not fit, so
    a draft with one mistake needs a few dozen validations."""
    spec, kept = HubSpec(about=About(title=NAMELESS)), Draft({"about.title": NAMELESS})

    def take(some: list[str]) -> list[str]:
        """Keep what is valid, and return the rest."""
        nonlocal spec, kept
        try:
            tried = {**kept, **{path: typed[path] for path in some}}
            spec, kept = from_draft(tried), tried
        except SpecError:
            middle = len(some) // 2
            return take(some[:middle]) + take(some[middle:]) if middle else some
        return []

    refused = take([path for path in FIELDS if path in typed])
    while (again := [path for one in refused for path in take([one])]) != refused:  # one may have depended on another
        refused = again
    return spec, {path: text for path, text in typed.items() if kept.get(path) == text}
