"""Adjusted numbers with which staff can approve a request. They can only be lower."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Any

from django.utils import timezone

from hubs.days.queries import today
from hubs.errors import Invalid
from hubs.language import _, within
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, Organization
from hubs.spec import FIELDS, Draft, Field, HubSpec, Reading, difference, read_draft, to_draft
from hubs.spec.amounts import decimal
from hubs.spec.diff import Difference, in_words
from hubs.spec.honoured import answers_here
from hubs.spec.types import memory_bytes, storage_mib
from hubs.text.texts import storable

from . import judged

ENDS, GIB = "about.ends", 1024**3
GUARANTEES = {f"singleuser.{one}.limit": f"singleuser.{one}.guarantee" for one in ("memory", "cpu")}
# What the policy compares with limits, the guarantees that must not exceed them, and the last day.
NUMBERS = (
    "about.heads", ENDS,
    *(path for path, field in FIELDS.items() if field.words.limit and path != "about.heads"),
    *GUARANTEES.values(),
)  # fmt: skip


@dataclass(frozen=True)
class Number:
    """One number that staff can lower: between `least` (the hub's value in words, "" for none) and the requested one in
    words. `text` is the requested one as in a form, `limit` the organisation's in words. `over`: it is above it."""

    field: Field
    text: str
    asked: str
    least: str
    limit: str
    over: bool

    @property
    def path(self) -> str:
        return self.field.path


def _size(path: str, spec: HubSpec) -> float:
    """Return an answer as a comparable number; infinity if it is unlimited."""
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


def _words(field: Field, spec: HubSpec) -> str:
    """Return an answer in words, in the unit of its form field."""
    size = _size(field.path, spec)
    if field.unit == "GiB" and 0 < size < inf:
        return f"{decimal(size / (GIB if field.kind == 'memory' else 1024))} GiB"
    return in_words(field, field.read(spec))


def offered(request: ChangeRequest) -> list[Number]:
    """Return the numbers of a submitted request that staff can lower: all in a request for a new hub, and in a change
    those that it raises. Numbers above a limit come first; those that the hub's cluster does not support are left out.
    No query beyond the request's rows."""
    asked, has = request.spec, _has(request)
    if asked is None or request.kind == ChangeRequest.Kind.RETIRE:
        return []
    texts, can, found = to_draft(asked), request.place.can, []
    over = {one.path for one in limits.over_limits(asked, request.organization, can)}
    for path in NUMBERS:
        field, named = FIELDS[path], path == ENDS or FIELDS[path].read(asked) not in (None, "")
        raised = has is None or _size(path, asked) > _size(path, has)
        if answers_here(field, can) and raised and (named or has is not None):
            least = _words(field, has) if has else ""
            limit = limits.field_bound_text(request.organization, field)
            words = _words(field, asked)
            found.append(Number(field, texts.get(path, ""), words, least, limit, path in over))
    return sorted(found, key=lambda one: not one.over)


def _has(request: ChangeRequest) -> HubSpec | None:
    return request.hub.spec if request.hub and request.kind == ChangeRequest.Kind.CHANGE else None


def _complaint(number: Number, place: Organization, asked: HubSpec, has: HubSpec | None, chosen: HubSpec) -> str:
    """Return why staff can't choose this number, as a sentence, or "" if they can."""
    path = number.path
    if _size(path, chosen) > _size(path, asked):
        asked_for = number.asked or within("number", "none")
        return _(
            "You can’t approve more than was requested ({number}). To suggest more, request changes.", number=asked_for
        )
    if has and _size(path, chosen) < _size(path, has):
        return _("The hub has {number} now, and less was not requested. Choose at least that.", number=number.least)
    day = FIELDS[path].read(chosen)
    if path == ENDS and day and day <= today(timezone.now(), place):
        return _("Choose a day in the future.")
    return ""


def _alone(path: str, text: str) -> Reading:
    """Return the reading of one number, whatever the others are."""
    pairs = {**GUARANTEES, **{low: high for high, low in GUARANTEES.items()}}
    return read_draft({path: text, pairs.get(path, path): text})


def _guarantees(asked: HubSpec, typed: Mapping[str, str]) -> Draft:
    """Return the guarantees that staff did not set, and that would exceed a limit they lowered: lowered to it."""
    found = {}
    for limit, guarantee in GUARANTEES.items():
        alone = _alone(limit, typed.get(limit, ""))
        if limit in typed and limit not in alone.errors and _size(guarantee, asked) > _size(limit, alone.spec):
            found[guarantee] = typed[limit]
    return {path: text for path, text in found.items() if path not in typed}


def chosen(request: ChangeRequest, numbers: Mapping[str, str]) -> tuple[HubSpec, list[Difference]]:
    """Return the request's spec with these numbers (texts by path), and the differences from what was requested. Raise
    Invalid by field for numbers that can't be adjusted, are above the requested ones or, in a change, below the hub's,
    and for invalid specs."""
    asked, has = request.spec, _has(request)
    there = {one.path: one for one in offered(request)}
    if strange := set(numbers) - set(there):
        words = _("This number can’t be adjusted, because the request does not raise it.")
        raise Invalid(words, {path: [words] for path in strange})
    if asked is None:
        raise ValueError("what waits has a spec")
    if errors := {path: [words] for path, text in numbers.items() if (words := storable(text))}:
        raise Invalid(_("Some numbers are not valid."), errors)
    typed = {path: text.strip() for path, text in numbers.items()}
    errors = {}
    for path in typed:
        alone = _alone(path, typed[path])
        if path not in alone.errors and (
            words := _complaint(there[path], request.organization, asked, has, alone.spec)
        ):
            errors[path] = [words]
    typed |= _guarantees(asked, typed)
    draft: Draft = {**to_draft(asked), **typed, "slug": request.slug}
    spec, wrong = judged.read(request, draft)
    errors = {path: list(words) for path, words in wrong.items()} | errors
    if errors:
        raise Invalid(_("Some numbers are not valid."), errors)
    found = difference(asked, spec)
    if others := [one.label for one in found if one.path not in typed]:  # sent before the portal's parsing changed
        words = _(
            "{fields}: read differently since the request was sent. Approve it unchanged, or request changes.",
            fields=", ".join(map(str, others[:3])),
        )
        raise Invalid.beside("", words)
    return spec, found
