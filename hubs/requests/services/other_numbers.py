"""Other numbers than a request asks for: what staff may approve instead. They only ever narrow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Any

from django.utils import timezone

from hubs.days.queries import today
from hubs.errors import Invalid
from hubs.models import ChangeRequest, Organization
from hubs.spec import FIELDS, Draft, Field, HubSpec, difference, to_draft
from hubs.spec.diff import Difference, in_words
from hubs.spec.types import memory_bytes, storage_mib
from hubs.text.texts import storable

from . import judged

ENDS = "about.ends"
# What the policy judges by size, what must not be above it, and the last day.
NUMBERS = (
    "about.heads", ENDS,
    *(path for path, field in FIELDS.items() if field.words.limit and path != "about.heads"),
    "singleuser.memory.guarantee", "singleuser.cpu.guarantee",
)  # fmt: skip


@dataclass(frozen=True)
class Number:
    """One number that staff may lower: between `least` (what the hub has, "" for none) and what is asked for, in words.
    `text` is what is asked for as a form has it."""

    field: Field
    text: str
    asked: str
    least: str

    @property
    def path(self) -> str:
        return self.field.path


def _size(path: str, spec: HubSpec) -> float:
    """How much a spec's answer is, so that two can be compared; what has no bound is more than anything."""
    field = FIELDS[path]
    value: Any = field.read(spec)
    if value in (None, ""):
        return 0 if path.endswith(".guarantee") else inf
    if isinstance(value, date):
        return value.toordinal()
    match field.kind:
        case "memory":
            return float(memory_bytes(value))
        case "storage":
            return float(storage_mib(value))
    return float(value)


def offered(request: ChangeRequest) -> list[Number]:
    """The numbers of a request that waits, which staff may approve otherwise: all that a new hub names, and of a change
    those that it raises. No query beyond the rows of the request."""
    asked, has = request.spec, _has(request)
    if asked is None or request.kind == ChangeRequest.Kind.RETIRE:
        return []
    texts, found = to_draft(asked), []
    for path in NUMBERS:
        field, named = FIELDS[path], path == ENDS or FIELDS[path].read(asked) not in (None, "")
        raised = has is None or _size(path, asked) > _size(path, has)
        if raised and (named or has is not None):
            least = in_words(field, field.read(has)) if has else ""
            found.append(Number(field, texts.get(path, ""), in_words(field, field.read(asked)), least))
    return found


def _has(request: ChangeRequest) -> HubSpec | None:
    return request.hub.spec if request.hub and request.kind == ChangeRequest.Kind.CHANGE else None


def _complaint(number: Number, place: Organization, asked: HubSpec, has: HubSpec | None, chosen: HubSpec) -> str:
    """Why this is no number that staff may choose, as a sentence; "" when it is one."""
    path = number.path
    if _size(path, chosen) > _size(path, asked):
        return f"This is more than was requested ({number.asked or 'none'}). To approve more, request changes."
    if has and _size(path, chosen) < _size(path, has):
        return f"The hub has {number.least} now, and less was not requested. Choose at least that."
    day = FIELDS[path].read(chosen)
    if path == ENDS and day and day <= today(timezone.now(), place):
        return "Choose a day in the future."
    return ""


def chosen(request: ChangeRequest, numbers: Mapping[str, str]) -> tuple[HubSpec, list[Difference]]:
    """What the request comes to with these numbers, as texts by path, and how that differs from what was asked for.
    Raises Invalid by field for what is no such number, is more than was asked for or, of a change, less than the hub
    has, and for what no hub could have."""
    asked, has = request.spec, _has(request)
    there = {one.path: one for one in offered(request)}
    if strange := set(numbers) - set(there):
        words = "This number can’t be adjusted, because the request does not raise it."
        raise Invalid(words, {path: [words] for path in strange})
    if asked is None:
        raise ValueError("what waits has a spec")
    if errors := {path: [words] for path, text in numbers.items() if (words := storable(text))}:
        raise Invalid("Some numbers are not valid.", errors)
    draft: Draft = {**to_draft(asked), **{path: text.strip() for path, text in numbers.items()}, "slug": request.slug}
    spec, wrong = judged.read(request, draft)
    errors = {path: list(words) for path, words in wrong.items()}
    for path in set(numbers) - set(errors):
        if words := _complaint(there[path], request.organization, asked, has, spec):
            errors[path] = [words]
    if errors:
        raise Invalid("Some numbers are not valid.", errors)
    found = difference(asked, spec)
    if others := [one.label for one in found if one.path not in numbers]:  # sent before the portal read it otherwise
        words = (
            f"{', '.join(others[:3])}: read differently since the request was sent. Approve it unchanged, or request "
            "changes."
        )
        raise Invalid.beside("", words)
    return spec, found
