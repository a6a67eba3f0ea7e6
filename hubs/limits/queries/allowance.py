"""Which user limits an organisation's admin may set without staff. Reads only."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.utils import timezone

from hubs.days.queries import last_day
from hubs.errors import Invalid
from hubs.models import Hub, User
from hubs.user_limits.rules import GROUP, MEASURES, base

from . import limits
from .promised import Extra

Subject = tuple[str, str]  # (kind, name)


def bound(hub: Hub, measure: str) -> float | None:
    """The most that one person may get without staff. GPUs are no matter of the agreement: what the hub gives."""
    if column := MEASURES[measure].bound:
        return limits.bound(hub.organization, column)
    return base(hub.spec)["gpus"] if measure == "gpus" else None


def bounded(hub: Hub, values: Mapping[str, float]) -> dict[str, list[str]]:
    """What of these values is more than one person may get, by measure, as sentences."""
    found = {}
    for name, value in values.items():
        most = bound(hub, name)
        if most is not None and value > most:
            who = "this hub gives everybody" if name == "gpus" else f"{hub.organization.name} agreed on"
            label, words = MEASURES[name].label, MEASURES[name].text(most)
            found[name] = [f"{label}: more than {who} ({words})."]
    return found


def too_much(hub: Hub, new: Iterable[tuple[Subject, Any]], without: Iterable[int] = ()) -> str:
    """Would these rules (subject, what has `values` and `until`) promise more memory than all hubs of the organisation
    may have, on any day? As a sentence; "" when not. `without`: rules whose place they take. Five queries at most."""
    asked = [
        Extra(kind, name, wanted.values["memory_mib"], _last_day(hub, wanted))
        for (kind, name), wanted in new if wanted.values.get("memory_mib")
    ]  # fmt: skip
    if not asked:
        return ""
    found, gone = limits.ledger(hub.organization, groups=any(one.kind == GROUP for one in asked)), set(without)
    kept = [extra for extra in found.extras.get(hub.pk, ()) if extra.pk not in gone]
    after = found.with_extras(hub, [*kept, *asked])
    shared = limits.shared(hub.organization, found.today, found.all(without=hub), found.of(hub), after)
    if not after:
        was = found.with_extras(hub, found.extras.get(hub.pk, ()), resumed=True)
        will = found.with_extras(hub, [*kept, *asked], resumed=True)
        shared = limits.alone(hub.organization, found.today, was, will, shared)
    return next((limits.above(meter) for meter in shared if meter.over), "")


def _last_day(hub: Hub, wanted: Any) -> date | None:
    return last_day(wanted.until, hub.organization.zone) if wanted.until else None


def beyond(hub: Hub, subjects: Iterable[Subject], wanted: Any, without: Iterable[int] = ()) -> dict[str, list[str]]:
    """What of `wanted.values` is above the agreement, by measure ("" for all hubs together), as sentences."""
    found = bounded(hub, wanted.values)
    if complaint := too_much(hub, [(subject, wanted) for subject in subjects], without):
        found[""] = [complaint]
    return found


@contextmanager
def kept_by_groups(hub: Hub, by: User, field: str) -> Iterator[None]:
    """In the caller's transaction: what happens inside may bring people into groups whose user limits promise memory.
    Raises Invalid (`field`) where all hubs of the organisation would then be promised more than was agreed; staff may.
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
        words = f"User limits give groups of this list more memory. {complaint} Change the user limits, or ask staff."
        raise Invalid(words, {field: [words]})
