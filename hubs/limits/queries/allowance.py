"""Which user limits an organisation's admin may set without approval by staff. Read-only."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.utils import timezone

from hubs.days.queries import last_day
from hubs.errors import Invalid
from hubs.language import _
from hubs.models import Hub, User
from hubs.user_limits.rules import GROUP, MEASURES, base

from . import limits
from .promised import Extra

Subject = tuple[str, str]  # (kind, name)


def bound(hub: Hub, measure: str) -> float | None:
    """Return the limit per person without approval by staff; for GPUs, without organisation limit, the hub's own."""
    if column := MEASURES[measure].bound:
        return limits.bound(hub.organization, column)
    return base(hub.spec)["gpus"] if measure == "gpus" else None


def bounded(hub: Hub, values: Mapping[str, float]) -> dict[str, list[str]]:
    """Return the values that are above the limit per person, by measure, as sentences."""
    found = {}
    for name, value in values.items():
        most = bound(hub, name)
        if most is not None and value > most:
            label, words = MEASURES[name].label, MEASURES[name].text(most)
            if name == "gpus":
                said = _("{field}: above the hub’s default limit ({limit}).", field=label, limit=words)
            else:
                said = _(
                    "{field}: above the limit of {organization} ({limit}).",
                    field=label, organization=hub.organization.name, limit=words,
                )  # fmt: skip
            found[name] = [said]
    return found


def too_much(hub: Hub, new: Iterable[tuple[Subject, Any]], without: Iterable[int] = ()) -> str:
    """Return why these rules (subject, object with `values` and `until`) would exceed the organisation's memory limit
    on some day, as a sentence, or "". `without`: rules that they replace. At most five queries."""
    asked = _extras(hub, new)
    return next((limits.above(meter) for meter in _shared(hub, asked, without) if meter.over), "") if asked else ""


def meters_with(hub: Hub, new: Iterable[tuple[Subject, Any]], without: Iterable[int] = ()) -> tuple[limits.Meter, ...]:
    """Return the organisation's shared limits with what these rules would add. At most five queries."""
    return _shared(hub, _extras(hub, new), without)


def _extras(hub: Hub, new: Iterable[tuple[Subject, Any]]) -> list[Extra]:
    return [
        Extra(kind, name, wanted.values["memory_mib"], _last_day(hub, wanted))
        for (kind, name), wanted in new if wanted.values.get("memory_mib")
    ]  # fmt: skip


def _shared(hub: Hub, asked: list[Extra], without: Iterable[int]) -> tuple[limits.Meter, ...]:
    found, gone = limits.ledger(hub.organization, groups=any(one.kind == GROUP for one in asked)), set(without)
    kept = [extra for extra in found.extras.get(hub.pk, ()) if extra.pk not in gone]
    after = found.with_extras(hub, [*kept, *asked])
    shared = limits.shared(hub.organization, found.today, found.all(without=hub), found.of(hub), after)
    if not after:
        was = found.with_extras(hub, found.extras.get(hub.pk, ()), resumed=True)
        will = found.with_extras(hub, [*kept, *asked], resumed=True)
        shared = limits.alone(hub.organization, found.today, was, will, shared)
    return shared


def _last_day(hub: Hub, wanted: Any) -> date | None:
    return last_day(wanted.until, hub.organization.zone) if wanted.until else None


def beyond(hub: Hub, subjects: Iterable[Subject], wanted: Any, without: Iterable[int] = ()) -> dict[str, list[str]]:
    """Return which `wanted.values` are above the limits, by measure ("" for all hubs together), as sentences."""
    found = bounded(hub, wanted.values)
    if complaint := too_much(hub, [(subject, wanted) for subject in subjects], without):
        found[""] = [complaint]
    return found


@contextmanager
def kept_by_groups(hub: Hub, by: User, field: str) -> Iterator[None]:
    """Check a change of groups, made inside the block, in the caller's transaction: user limits of groups reserve
    memory per member. Raise Invalid for `field` if the organisation's limit would be exceeded. Staff may exceed it.
    """
    rules = hub.user_limits.counting(timezone.now()).filter(kind=GROUP, memory_mib__gt=0)
    if by.is_staff or not rules.exists():
        yield
        return
    organization = limits.lock(hub.organization)
    before = limits.ledger(organization)
    yield
    after = limits.ledger(organization)
    now = limits.shared(organization, after.today, after.all(without=hub), before.of(hub), after.of(hub))
    if complaint := next((limits.above(meter) for meter in now if meter.over), ""):
        why, what = (
            _("User limits give groups in this list more memory."),
            _("Change the user limits or contact staff."),
        )
        words = f"{why} {complaint} {what}"
        raise Invalid(words, {field: [words]})
