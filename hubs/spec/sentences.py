"""Validation errors of a spec, as sentences by field. Pure."""

from typing import Any

from pydantic import ValidationError

from hubs.language import _, lazy
from hubs.spec.diff import seconds_text
from hubs.spec.fields import FIELDS

_PLAIN = {
    "missing": lazy("Please fill this in."),
    "string_too_short": lazy("This is too short."),
    "int_parsing": lazy("Enter a whole number."),
    "int_from_float": lazy("Enter a whole number."),
    "float_parsing": lazy("Enter a number."),
    "finite_number": lazy("Enter a number."),
    "date_from_datetime_parsing": lazy("Enter a date such as 2026-10-31."),
    "date_parsing": lazy("Enter a date such as 2026-10-31."),
    "bool_parsing": lazy("Choose yes or no."),
    "literal_error": lazy("Choose one of the options."),
    "extra_forbidden": lazy("There is no such field."),
}
_PATTERNS = {
    "singleuser.image.tag": lazy(
        "Enter a tag such as 2026-10-05, with letters, digits, dots, underscores and hyphens."
    ),
    "singleuser.defaultUrl": lazy("Enter a path such as /lab, without spaces."),
}


class SpecError(Exception):
    """A spec is invalid. `errors` maps the dotted path of each field to sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{path}: {' '.join(words)}" for path, words in errors.items()))
        self.errors = errors


DEEP = tuple(path for path, field in FIELDS.items() if field.kind in ("profiles", "institutions", "map"))


def _bound(value: float, path: str) -> str:
    """Return a bound in the unit of the form: JupyterHub stores seconds, the form shows minutes or hours."""
    return seconds_text(int(value)) if path in FIELDS and FIELDS[path].kind == "seconds" else f"{value:g}"


def sentence(error: Any, path: str) -> str:
    """Return one of pydantic’s errors as a sentence, for the field at this path ("" if there is none)."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    if kind == "string_pattern_mismatch":
        return str(_PATTERNS.get(path, "")) or _("This has characters that can’t be used here.")
    if kind in ("greater_than_equal", "greater_than"):
        bound = _bound(context.get("ge", context.get("gt")), path)
        if kind.endswith("equal"):
            return _("This must be at least {bound}.", bound=bound)
        return _("This must be more than {bound}.", bound=bound)
    if kind in ("less_than_equal", "less_than"):
        return _("This must be at most {bound}.", bound=_bound(context.get("le", context.get("lt")), path))
    if kind == "string_too_long":
        return _("This is too long. The maximum is {maximum} characters.", maximum=context["max_length"])
    if kind == "too_long":
        return _("There are too many entries. The maximum is {maximum}.", maximum=context["max_length"])
    return str(_PLAIN.get(kind, "")) or _("This value can’t be used here.")


def spec_errors(error: ValidationError) -> dict[str, list[str]]:
    """Return pydantic's errors as sentences by dotted path. Model validators name the field: "ends: The last day …"."""
    found: dict[str, list[str]] = {}
    for item in error.errors(include_url=False, include_input=False):
        path = ".".join(str(part) for part in item["loc"] if not isinstance(part, int))
        words = sentence(item, path)
        if deep := next((name for name in DEEP if path.startswith(f"{name}.")), ""):
            inside = [str(p + 1) if isinstance(p, int) else str(p) for p in item["loc"]][len(deep.split(".")) :]
            path, words = deep, f"{' › '.join(inside)}: {words}"
        if item["type"] == "value_error" and path not in FIELDS:
            leaf, colon, rest = words.partition(": ")
            if colon and (whole := f"{path}.{leaf}" if path else leaf) in FIELDS:
                path, words = whole, rest
        found.setdefault(path, []).append(words)
    return found
