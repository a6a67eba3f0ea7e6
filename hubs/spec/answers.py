"""Conversion of a field's value to the text in a form, and back. Pure."""

import json
import re
from typing import Any

from hubs.language import _
from hubs.spec import secrets, shape, yaml_text
from hubs.spec.fields import Field
from hubs.spec.institution_rules import as_data
from hubs.spec.profiles import as_values
from hubs.spec.types import MIB, memory_bytes, memory_text, storage_bytes, storage_mib, storage_text


def to_text(field: Field, value: Any) -> str:
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
        case "institutions" if all(one.is_bare for one in value):
            return "\n".join(one.entity_id for one in value)
        case "institutions":
            return "\n".join(f"- {json.dumps(one, ensure_ascii=False)}" for one in as_data(value))
        case "profiles":
            return yaml_text.dump(as_values(value))
        case "rows":
            return yaml_text.dump(list(value)) if value else ""
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
    complaint = _("Enter a number of GiB, such as 2 or 0.5.")
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
            raise ValueError(_("Line {line}: Enter a name, =, and a value, such as COURSE=101.", line=number))
        if name.strip() in found:
            raise ValueError(_("Line {line}: “{name}” is listed twice.", line=number, name=name.strip()[:60]))
        found[name.strip()] = value.strip()
    return found


def _list(text: str, otherwise: str) -> list[Any]:
    """Return a list of maps from YAML. Raise ValueError, with the sentence `otherwise` if it is not a list."""
    found = yaml_text.load(text) if text else []
    if found is None:
        return []
    if not isinstance(found, list):
        raise ValueError(otherwise)
    _complaint(text, found, [])
    return found


def _profiles(text: str) -> list[Any]:
    return _list(text, _("Enter a list of profiles. Each one starts with “- display_name:”."))


def _list_of_institutions(text: str) -> list[Any]:
    """Return the rows of a YAML list of institutions that have their own rules."""
    found = yaml_text.load(text)
    if not isinstance(found, list):
        raise ValueError(_("Enter a list of institutions. Each one starts with “- entity_id:”."))
    _complaint(text, found, [])
    return found


def _complaint(text: str, found: Any, complaints: list[tuple[tuple[str, ...], str]]) -> None:
    """Raise ValueError with line and column of the first error; secrets come first."""
    for path, words in [*secrets.complaints(found), *complaints]:
        line, column = yaml_text.place_of(text, path)
        if not path:
            raise ValueError(
                _("Line {line}, column {column}: this: {problem}", line=line, column=column, problem=words)
            )
        raise ValueError(
            _(
                "Line {line}, column {column}: {setting}: {problem}",
                line=line, column=column, setting=".".join(path), problem=words,
            )
        )  # fmt: skip


def _values(text: str) -> dict[str, Any]:
    """Return chart values without secrets, because everyone who sees the hub's configuration can read them. Raise
    ValueError with line and column of the first error."""
    found = yaml_text.load_map(text)
    _complaint(text, found, shape.complaints(found))
    return found


def _piece(text: str) -> dict[str, Any]:
    found = yaml_text.load_map(text)
    _complaint(text, found, [])
    return found


def from_text(field: Field, text: str) -> Any:
    """Return the typed value of the text in a form. Raise ValueError with a sentence."""
    match field.kind:
        case "memory" | "storage" if text[0].isdigit() and text[-1].isalpha():
            return text  # a size with its own unit, such as 512M
        case "memory":
            return memory_text(round(_gib(text) * 1024) * MIB)
        case "storage":
            return storage_text(round(_gib(text) * 1024))
        case "seconds":
            return round(_number(text, _("Enter a number of minutes, such as 60.")) * 60)
        case "people":
            return tuple(dict.fromkeys(part.strip().lower() for part in re.split(r"[\s,;]+", text) if part.strip()))
        case "lines":
            return tuple(line.strip() for line in text.splitlines() if line.strip())
        case "map":
            return _map(text)
        case "profiles":
            return _profiles(text)
        case "rows":
            return _list(text, _("Enter a list. Each entry starts with “- name:”."))
        case "institutions" if text.lstrip().startswith(("-", "[")):
            return _list_of_institutions(text)
        case "institutions":
            return tuple(line.strip() for line in text.splitlines() if line.strip())
        case "values":
            return _values(text) if field.path == "more" else _piece(text)
        case "bool" | "maybe":
            return text in ("yes", "on", "true", "1")
        case "float":
            return text.replace(",", ".")
        case "text":  # browsers send CRLF, apps LF: the same text must be the same value
            return text.replace("\r\n", "\n").replace("\r", "\n")
        case _:
            return text
