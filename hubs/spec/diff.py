"""Differences between two specs, in words."""

import json
from dataclasses import dataclass
from typing import Any

from hubs.language import _, calendar_day, plural
from hubs.spec import institution_rules, pod_words
from hubs.spec.amounts import amount, decimal
from hubs.spec.answers import from_text
from hubs.spec.fields import FIELDS, Field
from hubs.spec.hub import HubSpec
from hubs.spec.profile_order import orders
from hubs.spec.profile_words import InWords, Pools, cards, changed
from hubs.spec.profiles import as_values
from hubs.spec.types import MIB, memory_bytes, storage_mib

MANY = ("profiles", "institutions", "map", "values", "rows")  # kinds with several parts
HOLDERS = ("profile_options", "choices", "kubespawner_override")  # not shown to readers


@dataclass(frozen=True)
class Difference:
    """A field that changes. `before` and `after` are words; "" for no value."""

    path: str
    label: str
    before: str
    after: str


def seconds_text(value: int) -> str:
    """3600 -> "1 hour"; 90 -> "90 seconds"."""
    if value and value % 86400 == 0:
        return plural("{count} day", "{count} days", value // 86400)
    if value and value % 3600 == 0:
        return plural("{count} hour", "{count} hours", value // 3600)
    if value and value % 60 == 0:
        return plural("{count} minute", "{count} minutes", value // 60)
    return plural("{count} second", "{count} seconds", value)


def gib_text(mib: float) -> str:
    """2048 -> "2 GiB"; 256 -> "256 MiB"; 0 -> "0 GiB"."""
    return f"{decimal(mib)} MiB" if 0 < abs(mib) < 1024 else f"{decimal(mib / 1024)} GiB"


def in_words(field: Field, value: Any) -> str:
    """Return a value in words, with its unit."""
    if value in (None, "", (), {}):
        return ""
    match field.kind:
        case "memory":
            return gib_text(memory_bytes(value) / MIB)
        case "storage":
            return gib_text(storage_mib(value))
        case "seconds":
            return seconds_text(value) if value else _("never")
        case "people" | "lines":
            return ", ".join(value)
        case "rows":
            return "; ".join(pod_words.in_words(row) for row in value)
        case "profiles":
            return InWords(", ".join(profile.display_name for profile in value), cards(value))
        case "institutions":
            return "; ".join(institution_rules.in_words(one) for one in value)
        case "map" | "values":
            return ", ".join(f"{name}={text}" for name, text in _flat(field, value).items())
        case "bool" | "maybe":
            return _("yes") if value else _("no")
        case "choice":
            return dict(field.words.choices).get(value, str(value))
        case "date":
            return calendar_day(value)
    if field.unit:
        return amount(value, field.unit)
    return decimal(value, 6) if isinstance(value, float) else str(value)


def briefly(field: Field, value: Any) -> str:
    """Return the same, for a choice without its explanation. Text that people wrote is never cut at a dash."""
    words = in_words(field, value)
    return words.split(" — ")[0] if field.kind == "choice" else words


def typed_words(field: Field, text: str) -> str:
    """Return a typed value in words, "" for nothing. Text of several lines is returned unchanged. Raise ValueError if
    the value is invalid."""
    if field.kind in (*MANY, "people", "lines", "text") or not text.strip():
        return text
    value = from_text(field, text.strip())
    if field.kind == "float":
        value = float(value)
    return in_words(field, value)


def _flat(field: Field, value: Any) -> dict[str, str]:
    """Return the text of each part by its name, so that a change can name the part."""
    if field.kind == "institutions":
        return {one.entity_id: institution_rules.in_words(one) for one in value}
    found: dict[str, str] = {}
    if field.kind == "rows":
        return _rows(value)

    def walk(one: Any, names: tuple[str, ...]) -> None:
        if isinstance(one, dict) and one:
            shown = str(one.get("display_name", "")) if names else ""
            for name, below in one.items():
                walk(below, (*names[:-1], shown or names[-1], name) if names else (name,))
        else:
            text = one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
            found[(" › " if field.kind == "profiles" else ".").join(n for n in names if n not in HOLDERS)] = text

    tree = {_name(p): p for p in as_values(value)} if field.kind == "profiles" else value
    walk(tree, ())
    return found if tree else {}


def _rows(value: Any) -> dict[str, str]:
    """Return each row in words by its name, with the complete row where the words leave something out."""
    found: dict[str, str] = {}
    for row in value or ():
        name, number = pod_words.part_name(row), 2
        while name in found:
            name, number = f"{pod_words.part_name(row)} ({number})", number + 1
        words, whole = pod_words.in_words(row), json.dumps(row, ensure_ascii=False, sort_keys=True)
        found[name] = f"{words} — {whole}" if "image" in row else words
    return found


def _name(profile: dict[str, Any]) -> str:
    return str(profile.get("slug") or profile.get("display_name") or "")


def _parts(field: Field, old: Any, new: Any) -> list[Difference]:
    """Return the parts that differ."""
    if field.kind == "profiles" and (differs := changed(old or (), new or ())):
        return [Difference(field.path, f"{field.words.label}: {name}", *words) for name, *words in differs]
    before, after = _flat(field, old) if old else {}, _flat(field, new) if new else {}
    if before == after:  # only the order differs
        return [Difference(field.path, field.words.label, in_words(field, old), in_words(field, new))]
    return [
        Difference(field.path, f"{field.words.label}: {name}", before.get(name, ""), after.get(name, ""))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]


def facts(field: Field, value: Any, pools: Pools = ()) -> list[tuple[str, str]]:
    """Return (label, words) of a field for a summary: one line per part for fields with several parts. `pools` are the
    cluster's node pools, for their names."""
    if field.kind in ("values", "rows", "institutions") and value:
        return list(_flat(field, value).items())
    if field.kind == "profiles" and value:
        return [(field.words.label, InWords(in_words(field, value), cards(value, pools)))]
    return [(field.words.label, in_words(field, value))]


def _differ(field: Field, old: Any, new: Any) -> bool:
    """Return whether the values differ. For profiles, the order of options and choices counts, too."""
    if field.kind == "profiles" and old == new:
        return orders(as_values(old)) != orders(as_values(new))
    return bool(old != new)


def difference(before: HubSpec | None, after: HubSpec) -> list[Difference]:
    """Return every field that differs, in the form's order. Without `before`, every field with a value."""
    found = []
    for path, field in FIELDS.items():
        new = field.read(after)
        old = field.read(before) if before else None
        if before and field.kind in MANY and _differ(field, old, new):
            found += _parts(field, old, new)
        elif old != new:
            found.append(
                Difference(path, field.words.label, in_words(field, old) if before else "", in_words(field, new))
            )
    return found if before else [d for d in found if d.after and FIELDS[d.path].asked(after)]
