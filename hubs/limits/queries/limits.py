"""An organisation's limits, their usage, and which requests need review. Used by forms, API and services."""

from collections.abc import Callable
from datetime import date
from math import inf
from typing import Any

from django.db.models import F
from django.utils import timezone

from hubs.language import _, number
from hubs.looks import Course, Step
from hubs.models import Cluster, Hub, Organization
from hubs.spec import FIELDS, HubSpec, verdicts
from hubs.spec.capabilities import Capabilities
from hubs.spec.diff import gib_text, in_words
from hubs.spec.honoured import answers_here
from hubs.spec.judges import Facts

from .meters import Assessment, Finding, Meter
from .promised import Claims, Ledger, Usage, compared, cost, course, ledgers, on
from .sentences import above, bound, bound_text, counted, field_bound_text

__all__ = [
    "Assessment", "Finding", "Meter", "Usage", "above", "assess", "bound", "bound_text", "cost", "field_bound_text",
    "ledgers", "meters", "usage",
]  # fmt: skip


def ledger(organization: Organization, *, running: bool = False, groups: bool = False) -> Ledger:
    """Return what is allocated for the organisation's hubs, from today on."""
    return ledgers([organization], timezone.now(), running=running, groups=groups)[organization.pk]


def usage(organization: Organization) -> Usage:
    """Return what is allocated for the organisation's hubs today."""
    found = ledger(organization)
    return on(found.all(), found.today)


def lock(organization: Organization) -> Organization:
    """Return the organisation, locked against other approvals until this transaction ends.

    Uses an UPDATE, which locks on both PostgreSQL and SQLite: two requests that fit the limits one by one but not
    together can't both be approved.
    """
    Organization.objects.filter(pk=organization.pk).update(changes=F("changes") + 1)
    return Organization.objects.select_related("cluster").get(pk=organization.pk)


def _asked(spec: HubSpec, path: str) -> float:
    value = FIELDS[path].read(spec)
    match path:
        case "singleuser.memory.limit":
            return spec.memory_mib
        case "singleuser.cpu.limit":
            return spec.cpu
        case "singleuser.storage.capacity":
            return spec.storage_mib
        case "hub.activeServerLimit":
            return spec.seats if spec.takes.bounded else 0
    return float(value or 0)


def over_limits(spec: HubSpec, organization: Organization, can: Capabilities) -> list[Finding]:
    """Return a finding for each field above the organisation's limit, if the hub's cluster supports the field."""
    found = []
    for path, field in FIELDS.items():
        name = field.words.limit
        if name and answers_here(field, can) and _asked(spec, path) > bound(organization, name):
            limit = field_bound_text(organization, field)
            asked = in_words(field, field.read(spec))
            words = {"field": field.words.label, "organization": organization.name, "limit": limit}
            message = _("{field}: {asked} is above the limit of {organization} ({limit}).", asked=asked, **words)
            if not asked:
                message = _("{field}: no limit, which is above the limit of {organization} ({limit}).", **words)
            most = bound(organization, name)
            found.append(Finding(f"over:{name}", path, message, _asked(spec, path) / most if most else inf))
    return found


def _shared(organization: Organization) -> list[tuple[str, str, Callable[[Usage], int], int, Callable[[float], str]]]:
    """Return the limits that all hubs of an organisation share: name, label, function of usage, limit, formatter."""
    return [
        ("hubs", _("Hubs"), lambda use: use.hubs, organization.hubs, number),
        ("total_memory_mib", _("Total memory"), lambda use: use.memory_mib, organization.total_memory_mib, gib_text),
    ]


def standing(organization: Organization, found: Ledger) -> tuple[Meter, ...]:
    """Return the shared limits as they are: allocated today, running now, and the peak on a later day."""
    (_today, now), *later = course(found.all(), found.today)
    meters = []
    for name, label, read, limit, say in _shared(organization):
        used, runs = read(now), read(found.running)
        day, most = max(((day, read(use)) for day, use in later), key=lambda one: one[1], default=(None, 0))
        peak: dict[str, Any] = {"peak": most, "peak_text": say(most), "peak_day": day} if most > used else {}
        words: dict[str, Any] = {
            "used_text": say(used),
            "adds_text": say(0),
            "limit_text": say(limit),
            "running_text": say(runs),
        }
        meters.append(Meter(name, label, used, 0, limit, **words, running=runs, **peak))
    return tuple(meters)


def share(organization: Organization) -> str:
    """Return, as a sentence, what is left for one person in the largest hub if the total memory is not enough for it;
    "" if it is."""
    total, people = organization.total_memory_mib, organization.users_per_hub
    if not people or total >= people * organization.memory_per_user_mib:
        return ""
    return _(
        "With a total memory of {total}, a hub of {people} people gets at most {each} per person.",
        total=gib_text(total), people=number(people), each=gib_text(total // people),
    )  # fmt: skip


def courses(organization: Organization, found: Ledger) -> list[Course]:
    """Return what is allocated from today on of each shared limit, for the charts."""
    days = course(found.all(), found.today)
    return [
        Course(name, label, [Step(day, read(use), say(read(use))) for day, use in days], limit, say(limit))
        for name, label, read, limit, say in _shared(organization)
    ]


def shared(
    organization: Organization, now: date, others: Claims, before: Claims = (), after: Claims = ()
) -> tuple[Meter, ...]:
    """Return the shared limits if the claims `before` are replaced by `after`, besides those of other hubs. Each meter
    is of the day, from today on, with the highest usage among the days on which usage increases."""
    days = compared(others, before, after, now)
    meters = []
    for name, label, read, limit, say in _shared(organization):
        worse = [(day, was, will) for day, was, will in days if read(will) > read(was)]
        other = [(day, was, will) for day, was, will in days if read(will) < read(was)] or days[:1]
        day, was, will = max(worse or other[:1], key=lambda one: read(one[2]))
        used, adds = read(was), read(will) - read(was)
        words: dict[str, Any] = {"used_text": say(used), "adds_text": say(adds), "limit_text": say(limit)}
        words["total_text"] = say(used + adds)
        meters.append(Meter(name, label, used, adds, limit, **words, day=day if day > now else None))
    return tuple(meters)


def meters(spec: HubSpec | None, organization: Organization, hub: Hub | None = None) -> tuple[Meter, ...]:
    """Return the organisation's shared limits: as they are, or with what this spec would add (the difference, for a
    change)."""
    if spec is None:
        return standing(organization, ledger(organization, running=True))
    return meters_in(ledger(organization), spec, organization, hub)


def meters_in(found: Ledger, spec: HubSpec, organization: Organization, hub: Hub | None) -> tuple[Meter, ...]:
    """Return the shared limits with what this spec would add, from what is known of the organisation."""
    after = found.of_spec(spec, hub)
    counted = shared(organization, found.today, found.all(without=hub), found.of(hub), after)
    if hub is None or after:
        return counted
    was, will = (found.of_spec(one, hub, resumed=True) for one in (hub.spec, spec))
    return alone(organization, found.today, was, will, counted)


def alone(
    organization: Organization, now: date, before: Claims, after: Claims, counted: tuple[Meter, ...]
) -> tuple[Meter, ...]:
    """Return `counted`, the shared limits of a change to a suspended hub, which adds nothing yet. A limit that the hub
    alone would exceed when resumed counts now, because an approved hub can be resumed without review."""
    by_itself = shared(organization, now, (), before, after)
    return tuple(one if one.over else other for one, other in zip(by_itself, counted, strict=True))


def resuming(hub: Hub) -> tuple[Meter, ...]:
    """Return the shared limits if this suspended hub is resumed."""
    found = ledger(hub.organization)
    after = found.of_spec(hub.spec, hub, resumed=True)
    return shared(hub.organization, found.today, found.all(without=hub), (), after)


def facts_of(organization: Organization, place: Cluster) -> Facts:
    """Return what the policy needs to know of the cluster and of the organisation's permissions."""
    classes = tuple(place.storage_classes)
    return Facts(storage_classes=classes, temporary_users=organization.allow_temporary_users)


def novel(spec: HubSpec, before: HubSpec | None, facts: Facts) -> list[Finding]:
    """Return findings for settings that always need review and were not reviewed before (see hubs.spec.verdicts)."""
    return [
        Finding(verdict.code or f"novel:{path}", path, look.message)
        for path, verdict, look in verdicts.looks(spec, before, facts)
    ]


def assess(
    spec: HubSpec, organization: Organization, *, hub: Hub | None = None, before: HubSpec | None = None
) -> Assessment:
    """Return whether and why a request needs review. Only what the change makes worse counts: a hub approved above a
    limit can still change its title without review."""
    place = hub.cluster if hub else organization.cluster
    return judge(spec, organization, place, meters(spec, organization, hub), before)


def judge(
    spec: HubSpec,
    organization: Organization,
    place: Cluster,
    shared: tuple[Meter, ...],
    before: HubSpec | None = None,
) -> Assessment:
    """Return the same without queries, for given meters: the largest excess first. `organization` may be unsaved."""
    findings = over_limits(spec, organization, place.can)
    if before:
        findings = [f for f in findings if _asked(spec, f.path) > _asked(before, f.path)]
    for meter in shared:
        if meter.over:
            message = above(meter, counted(meter, spec, before))
            findings.append(Finding(f"over:{meter.name}", "", message, meter.excess))
    findings.sort(key=lambda one: one.excess, reverse=True)
    findings += novel(spec, before, facts_of(organization, place))
    if not organization.auto_approve:
        findings.append(
            Finding("policy", "", _("All requests of {organization} need review.", organization=organization.name))
        )
    return Assessment(tuple(findings), shared)
