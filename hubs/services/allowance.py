"""Which user limits an organisation's admin may set without staff. Reads only."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count

from hubs import limits
from hubs.models import Hub, Organization, RosterEntry, RosterGroup, UserLimit
from hubs.person_limits import ADMINS, EVERYBODY, GROUP, MEASURES, USERS, base
from hubs.spec.diff import gib_text

OF_ROLE = {RosterEntry.Role.ADMIN: ADMINS, RosterEntry.Role.USER: USERS}
Subject = tuple[str, str]  # (kind, name)


def bound(hub: Hub, measure: str) -> float | None:
    """The most that one person may get without staff. GPUs are no matter of the agreement: what the hub gives."""
    if column := MEASURES[measure].bound:
        return limits.bound(hub.organization, column)
    return base(hub.spec)["gpus"] if measure == "gpus" else None


def _heads(organization: Organization) -> Counter[tuple[int, str]]:
    """How many are in each group of each hub's list, roles included."""
    heads: Counter[tuple[int, str]] = Counter()
    rows = RosterEntry.objects.filter(hub__organization=organization).order_by().values_list("hub", "role")
    for hub, role, count in rows.annotate(found=Count("pk")):
        heads[hub, OF_ROLE[role]] = count
    named = RosterGroup.objects.filter(hub__organization=organization).order_by().values_list("hub", "key")
    for hub, key, count in named.annotate(found=Count("entries")):
        heads[hub, key] = count
    return heads


def _more_memory(hub: Hub, subject: Subject, memory: float | None, heads: Mapping[tuple[int, str], int]) -> float:
    """MiB that a rule adds to what the hub's seats take, at most."""
    each = hub.memory_mib / hub.seats if hub.seats else 0
    kind, name = subject
    people = hub.seats if kind == EVERYBODY else min(heads.get((hub.pk, name), 0), hub.seats) if kind == GROUP else 1
    return max(0.0, (memory or 0) - each) * people


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
    """Would these rules (subject, what has `values`) take more memory than all hubs of the organisation may? As a
    sentence; "" when not. `without`: rules whose place they take. Every rule counts as if its people worked at once.
    Four queries."""
    asked = [(subject, wanted.values["memory_mib"]) for subject, wanted in new if wanted.values.get("memory_mib")]
    if not asked:
        return ""
    place = hub.organization
    heads = _heads(place)
    rules = UserLimit.objects.filter(hub__organization=place, memory_mib__gt=0, since__isnull=False).living()
    rules = rules.exclude(hub__desired_state=Hub.Desired.RETIRED).exclude(pk__in=list(without)).select_related("hub")
    taken = sum(_more_memory(rule.hub, (rule.kind, rule.name), rule.memory_mib, heads) for rule in rules)
    adds = sum(_more_memory(hub, subject, memory, heads) for subject, memory in asked)
    used = limits.usage(place).memory_mib + taken
    if not adds or used + adds <= place.total_memory_mib:
        return ""
    words = f"{gib_text(used)} in use and {gib_text(adds)} more is above the agreed"
    return f"Memory in all: {words} {gib_text(place.total_memory_mib)}."


def beyond(hub: Hub, subjects: Iterable[Subject], wanted: Any, without: Iterable[int] = ()) -> dict[str, list[str]]:
    """What of `wanted.values` is above the agreement, by measure ("" for all hubs together), as sentences."""
    found = bounded(hub, wanted.values)
    if complaint := too_much(hub, [(subject, wanted) for subject in subjects], without):
        found[""] = [complaint]
    return found
