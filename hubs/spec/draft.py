"""A draft is what somebody has typed so far: text by dotted path, possibly wrong. A spec is what is right."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from hubs.spec.answers import from_text, to_text
from hubs.spec.egress import approved
from hubs.spec.fields import FIELDS
from hubs.spec.hub import About, HubSpec
from hubs.spec.sentences import SpecError, spec_errors

Draft = dict[str, str]
# Emptied, they are empty; others are as before.
EMPTY_SAYS = ("people", "lines", "text", "map", "profiles", "institutions", "values", "rows")
NAMELESS = "---"  # what stands for a name that is yet to be written


def parse(data: Any) -> HubSpec:
    """A spec from plain data (a stored one, the API's). Raises SpecError."""
    try:
        return HubSpec.model_validate(data)
    except ValidationError as error:
        raise SpecError(spec_errors(error)) from error


def to_draft(spec: HubSpec) -> Draft:
    """Every field of a spec as a form shows it."""
    return {path: to_text(field, field.read(spec)) for path, field in FIELDS.items()}


def plain(draft: Draft) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What was written as plain data, by field, and what can't be read."""
    data: dict[str, Any] = {}
    errors: dict[str, list[str]] = {path: ["There is no such field."] for path in draft if path not in FIELDS}
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
    """Raises SpecError with `errors`, and with what else is wrong."""
    try:
        spec = HubSpec.model_validate(data)
    except ValidationError as error:
        errors = {**spec_errors(error), **errors}
        if "about" in errors:  # nothing at all was written about it
            errors["about.title"] = errors.pop("about")
    else:
        # Here and not in the model: a stored spec from before this rule must stay readable. Rendering leaves them out.
        if refused := approved(spec.singleuser.internetExceptions).dropped:
            errors["singleuser.internetExceptions"] = list(refused)
    if errors:
        raise SpecError(errors)
    return spec


def from_draft(draft: Draft) -> HubSpec:
    """The spec that a draft describes. Unknown paths are refused. Raises SpecError with a sentence per field."""
    return checked(*plain(draft))


@dataclass(frozen=True)
class Reading:
    """What a draft comes to so far. `left_out` are the paths whose text `spec` does not have: they are wrong, or do not
    fit what else was typed, so whoever shows the draft shows them as they were typed."""

    spec: HubSpec
    errors: dict[str, list[str]]
    left_out: frozenset[str] = frozenset()


def read_draft(draft: Draft) -> Reading:
    """The spec of all that can be read, and everything that is wrong. One wrong answer costs no other answer its
    place: only what is wrong has its default. Never raises."""
    rest = {path: text for path, text in draft.items() if path in FIELDS}
    try:
        return Reading(from_draft(draft), {})
    except SpecError as error:
        found = errors = error.errors
    while rest.keys() & errors:  # leaving one out may show that another one hung on it
        rest = {path: text for path, text in rest.items() if path not in errors}
        try:
            spec = from_draft({"about.title": NAMELESS, **rest})
            break
        except SpecError as error:
            errors = error.errors
    else:  # what is wrong is a default beside something that was typed
        spec, rest = _as_much_as_fits(rest)
    return Reading(spec, found, frozenset(path for path in draft if path in FIELDS and path not in rest))


def reading(draft: Draft) -> tuple[HubSpec, dict[str, list[str]]]:
    """(spec, errors) of `read_draft`."""
    found = read_draft(draft)
    return found.spec, found.errors


def _as_much_as_fits(typed: Draft) -> tuple[HubSpec, Draft]:
    """A spec with as many of these texts as can stand together, and those texts. A validation for each half of what
    does not fit, so some dozens for a draft with one mistake."""
    spec, kept = HubSpec(about=About(title=NAMELESS)), Draft({"about.title": NAMELESS})

    def take(some: list[str]) -> list[str]:
        """Keep what can be kept, and return the rest."""
        nonlocal spec, kept
        try:
            tried = {**kept, **{path: typed[path] for path in some}}
            spec, kept = from_draft(tried), tried
        except SpecError:
            middle = len(some) // 2
            return take(some[:middle]) + take(some[middle:]) if middle else some
        return []

    refused = take([path for path in FIELDS if path in typed])
    while (again := [path for one in refused for path in take([one])]) != refused:  # one may have waited for another
        refused = again
    return spec, {path: text for path, text in typed.items() if kept.get(path) == text}
