"""A draft is what somebody has typed so far: text by dotted path, possibly wrong. A spec is what is right."""

import re
from typing import Any

from pydantic import ValidationError

from hubs.spec import secrets, shape, yaml_text
from hubs.spec.diff import seconds_text
from hubs.spec.egress import approved
from hubs.spec.fields import FIELDS, Field
from hubs.spec.hub import About, HubSpec
from hubs.spec.profiles import as_values
from hubs.spec.types import MIB, memory_bytes, memory_text, storage_bytes, storage_mib, storage_text

Draft = dict[str, str]
EMPTY_SAYS = ("people", "lines", "text", "map", "profiles", "values")  # emptied, they are empty; others are as before
NAMELESS = "---"  # what stands for a name that is yet to be written

_PLAIN = {
    "missing": "Please fill this in.",
    "string_too_short": "This is too short.",
    "int_parsing": "Write a whole number.",
    "int_from_float": "Write a whole number.",
    "float_parsing": "Write a number.",
    "finite_number": "Write a number.",
    "date_from_datetime_parsing": "Write a date such as 2026-10-31.",
    "date_parsing": "Write a date such as 2026-10-31.",
    "bool_parsing": "Say yes or no.",
    "literal_error": "Choose one of the answers.",
    "extra_forbidden": "There is no such field.",
}
_PATTERNS = {
    "singleuser.image.tag": "Write a tag such as 2026-10-05: letters, digits, dots, dashes.",
    "singleuser.defaultUrl": "Write a path such as /lab, without spaces.",
}


class SpecError(Exception):
    """What is wrong, by field: `errors` maps a dotted path to sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{path}: {' '.join(words)}" for path, words in errors.items()))
        self.errors = errors


DEEP = tuple(path for path, field in FIELDS.items() if field.kind in ("profiles", "map"))


def _bound(value: float, path: str) -> str:
    """A bound as the form asks for it: JupyterHub counts seconds, people don't."""
    return seconds_text(int(value)) if path in FIELDS and FIELDS[path].kind == "seconds" else f"{value:g}"


def sentence(error: Any, path: str) -> str:
    """One of pydantic’s findings in words, for the field at this path ("" when it has none)."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(path, "This has characters that cannot be used here.")
    if kind in ("greater_than_equal", "greater_than"):
        bound = context.get("ge", context.get("gt"))
        return f"This must be {'at least' if kind.endswith('equal') else 'more than'} {_bound(bound, path)}."
    if kind in ("less_than_equal", "less_than"):
        return f"This must be at most {_bound(context.get('le', context.get('lt')), path)}."
    if kind == "string_too_long":
        return f"This is too long: at most {context['max_length']} characters."
    if kind == "too_long":
        return f"These are too many: at most {context['max_length']}."
    return _PLAIN.get(kind, "This cannot be used here.")


def spec_errors(error: ValidationError) -> dict[str, list[str]]:
    """Pydantic's findings as sentences by dotted path. A model's validator names its field: "ends: The last day …"."""
    found: dict[str, list[str]] = {}
    for item in error.errors(include_url=False, include_input=False):
        path = ".".join(str(part) for part in item["loc"] if not isinstance(part, int))
        words = sentence(item, path)
        if deep := next((name for name in DEEP if path.startswith(f"{name}.")), ""):
            inside = [str(p + 1) if isinstance(p, int) else str(p) for p in item["loc"]][len(deep.split(".")) :]
            path, words = deep, f"{' › '.join(inside)}: {words}"
        if item["type"] == "value_error" and path not in FIELDS and re.match(r"[\w.]+: ", words):
            leaf, words = words.split(": ", 1)
            path = f"{path}.{leaf}" if path else leaf
        found.setdefault(path, []).append(words)
    return found


def parse(data: Any) -> HubSpec:
    """A spec from plain data (a stored one, the API's). Raises SpecError."""
    try:
        return HubSpec.model_validate(data)
    except ValidationError as error:
        raise SpecError(spec_errors(error)) from error


def _to_text(field: Field, value: Any) -> str:
    if value is None:
        return ""
    match field.kind:
        case "memory":
            return value if memory_bytes(value) % MIB else f"{memory_bytes(value) / MIB / 1024:.10g}"
        case "storage":
            return value if storage_bytes(value) % MIB else f"{storage_mib(value) / 1024:.12g}"
        case "seconds":
            return f"{value / 60:.10g}"
        case "people" | "lines":
            return "\n".join(value)
        case "map":
            return "\n".join(f"{name}={text}" for name, text in value.items())
        case "profiles":
            return yaml_text.dump(as_values(value))
        case "values":
            return yaml_text.dump(value)
        case "bool" | "maybe":
            return "yes" if value else "no"
        case "float":
            return repr(float(value)).removesuffix(".0")
        case _:
            return str(value)


def _number(text: str, complaint: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        raise ValueError(complaint) from None
    if not -1e9 < number < 1e9:  # also refuses nan and inf
        raise ValueError(complaint)
    return number


def _gib(text: str) -> float:
    complaint = "Write a number of GiB, such as 2 or 0.5."
    size = _number(text, complaint)
    if not 0 < size < 1_000_000:
        raise ValueError(complaint)
    return size


def _map(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"Line {number}: write a name, =, and a value, such as COURSE=101.")
        if name.strip() in found:
            raise ValueError(f"Line {number}: “{name.strip()[:60]}” stands here twice.")
        found[name.strip()] = value.strip()
    return found


def _profiles(text: str) -> list[Any]:
    found = yaml_text.load(text) if text else []
    if found is None:
        return []
    if not isinstance(found, list):
        raise ValueError("Write a list of profiles: each begins with “- display_name:”.")
    _complaint(text, found, [])
    return found


def _complaint(text: str, found: Any, complaints: list[tuple[tuple[str, ...], str]]) -> None:
    """Raises ValueError with line and column of the first thing that is wrong; secrets come first."""
    for path, words in [*secrets.complaints(found), *complaints]:
        line, column = yaml_text.place_of(text, path)
        raise ValueError(f"Line {line}, column {column}: {'.'.join(path) or 'this'}: {words}")


def _values(text: str) -> dict[str, Any]:
    """What the chart understands, without secrets: whoever reads the hub's configuration reads this. Raises
    ValueError with line and column of the first thing that is wrong."""
    found = yaml_text.load_map(text)
    _complaint(text, found, shape.complaints(found))
    return found


def _piece(text: str) -> dict[str, Any]:
    found = yaml_text.load_map(text)
    _complaint(text, found, [])
    return found


def _from_text(field: Field, text: str) -> Any:
    """The typed value of what was written. Raises ValueError with a sentence."""
    match field.kind:
        case "memory" | "storage" if text[0].isdigit() and text[-1].isalpha():
            return text  # a size in its own spelling, such as 512M
        case "memory":
            return memory_text(round(_gib(text) * 1024) * MIB)
        case "storage":
            return storage_text(round(_gib(text) * 1024))
        case "seconds":
            return round(_number(text, "Write a number of minutes, such as 60.") * 60)
        case "people":
            return tuple(dict.fromkeys(part.strip().lower() for part in re.split(r"[\s,;]+", text) if part.strip()))
        case "lines":
            return tuple(line.strip() for line in text.splitlines() if line.strip())
        case "map":
            return _map(text)
        case "profiles":
            return _profiles(text)
        case "values":
            return _values(text) if field.path == "more" else _piece(text)
        case "bool" | "maybe":
            return text in ("yes", "on", "true", "1")
        case "float":
            return text.replace(",", ".")
        case "text":  # browsers send CRLF, programs LF: the same words must be the same value
            return text.replace("\r\n", "\n").replace("\r", "\n")
        case _:
            return text


def to_draft(spec: HubSpec) -> Draft:
    """Every field of a spec as a form shows it."""
    return {path: _to_text(field, field.read(spec)) for path, field in FIELDS.items()}


def _data(draft: Draft) -> tuple[dict[str, Any], dict[str, list[str]]]:
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
            place[leaf] = None if field.optional and text == "" else _from_text(field, text)
        except ValueError as error:
            errors[path] = [str(error)]
    return data, errors


def _checked(data: dict[str, Any], errors: dict[str, list[str]]) -> HubSpec:
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
    return _checked(*_data(draft))


def begun(draft: Draft, said: dict[str, Any]) -> HubSpec:
    """The spec that begins with this draft and differs where `said`, a piece of a spec, says so: field by field, and a
    field that it names has its value alone. Raises SpecError."""
    data, errors = _data(draft)

    def over(below: dict[str, Any], above: dict[str, Any], at: str) -> None:
        for name, value in above.items():
            path = f"{at}{name}"
            errors.pop(path, None)
            if path not in FIELDS and isinstance(value, dict) and isinstance(below.setdefault(name, {}), dict):
                over(below[name], value, f"{path}.")
            else:
                below[name] = value

    over(data, said, "")
    return _checked(data, errors)


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
