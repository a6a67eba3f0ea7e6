"""What is wrong with a spec, in sentences by field. Pure."""

import re
from typing import Any

from pydantic import ValidationError

from hubs.spec.diff import seconds_text
from hubs.spec.fields import FIELDS

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


DEEP = tuple(path for path, field in FIELDS.items() if field.kind in ("profiles", "institutions", "map"))


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
