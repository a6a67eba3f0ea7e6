"""A draft is what somebody has typed so far: text by dotted path, possibly wrong. A spec is what is right."""

from typing import Any

from pydantic import ValidationError

from hubs.spec.answers import from_text, to_text
from hubs.spec.egress import approved
from hubs.spec.fields import FIELDS
from hubs.spec.hub import About, HubSpec
from hubs.spec.sentences import SpecError, spec_errors

Draft = dict[str, str]
# Emptied, they are empty; others are as before.
EMPTY_SAYS = ("people", "lines", "text", "map", "profiles", "institutions", "values")
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


def reading(draft: Draft) -> tuple[HubSpec, dict[str, list[str]]]:
    """The spec that a draft describes so far, with defaults for what is wrong or missing, and what is wrong: a form
    that is being typed in can say what it would come to. Never raises."""
    found: dict[str, list[str]] = {}
    rest = {path: text for path, text in draft.items() if path in FIELDS}
    try:
        return from_draft(draft), found
    except SpecError as error:
        found = errors = error.errors
    for _ in FIELDS:  # leaving one out may show that another one hung on it
        rest = {path: text for path, text in rest.items() if path not in errors}
        try:
            return from_draft({"about.title": NAMELESS, **rest}), found
        except SpecError as error:
            errors = error.errors
    return HubSpec(about=About(title=NAMELESS)), found
