"""Two specs side by side, in words."""

from dataclasses import dataclass
from typing import Any

from hubs.spec.fields import FIELDS, Field
from hubs.spec.hub import HubSpec
from hubs.spec.types import MIB, memory_bytes, storage_mib


@dataclass(frozen=True)
class Difference:
    """One field that changes. `before` and `after` are words; "" when there was or will be nothing."""

    path: str
    label: str
    before: str
    after: str


def seconds_text(value: int) -> str:
    """3600 -> "1 hour"; 90 -> "90 seconds"."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if value and value % size == 0:
            count = value // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{value} seconds"


def gib_text(mib: float) -> str:
    """2048 -> "2 GiB"; 256 -> "256 MiB"."""
    return f"{mib:.4g} MiB" if abs(mib) < 1024 else f"{mib / 1024:.4g} GiB"


def in_words(field: Field, value: Any) -> str:
    """A value as a person reads it, with its unit."""
    if value is None or value == "" or value == ():
        return ""
    match field.kind:
        case "memory":
            return gib_text(memory_bytes(value) / MIB)
        case "storage":
            return gib_text(storage_mib(value))
        case "seconds":
            return seconds_text(value) if value else "never"
        case "people":
            return ", ".join(value)
        case "bool":
            return "yes" if value else "no"
        case "choice":
            return dict(field.words.choices).get(value, str(value))
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{text} {field.words.unit}".strip()


def difference(before: HubSpec | None, after: HubSpec) -> list[Difference]:
    """Every field that differs, in the form's order. With no `before`, every field that says something."""
    found = []
    for path, field in FIELDS.items():
        new = field.read(after)
        old = field.read(before) if before else None
        if old != new:
            found.append(
                Difference(path, field.words.label, in_words(field, old) if before else "", in_words(field, new))
            )
    return found if before else [d for d in found if d.after]
