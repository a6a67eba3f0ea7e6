"""An organisation's limits, their usage, and which requests need review. Used by forms, API and services."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F
from django.utils import timezone

from hubs.days.queries import day_text
from hubs.looks import Course, Step
from hubs.models import Cluster, Hub, Organization
from hubs.spec import FIELDS, Field, HubSpec, verdicts
from hubs.spec.capabilities import Capabilities
from hubs.spec.diff import gib_text, in_words
from hubs.spec.honoured import answers_here
from hubs.spec.judges import Facts

from .promised import Claims, Ledger, Usage, compared, cost, course, ledgers, on

__all__ = ["Usage", "assess", "cost", "ledgers", "meters", "usage"]


@dataclass(frozen=True)
class Meter:
    """One shared limit: allocated, added by a change, and the limit. Each as a number and as text.

    Values are of today, or of `day`: for a change, the day with the least remaining. `running` is what runs now, `peak`
    the highest value that is allocated on a later day (`peak_day`), if higher than today's.
    """

    name: str
    label: str
    used: int
    adds: int
    limit: int
    used_text: str
    adds_text: str
    limit_text: str
    total_text: str = ""
    day: date | None = None
    running: int | None = None
    running_text: str = ""
    peak: int | None = None
    peak_text: str = ""
    peak_day: date | None = None

    @property
    def over(self) -> bool:
        return self.adds > 0 and self.used + self.adds > self.limit

    @property
    def day_text(self) -> str:
        return day_text(self.day) if self.day else ""

    @property
    def peak_day_text(self) -> str:
        return day_text(self.peak_day) if self.peak_day else ""


@dataclass(frozen=True)
class Finding:
    """One reason why a request needs review. `path` is the field that it belongs to, or ""."""

    code: str  # "over:memory_per_user_mib", "novel:sign-in"
    path: str
    message: str


@dataclass(frozen=True)
class Assessment:
    findings: tuple[Finding, ...]
    meters: tuple[Meter, ...]

    @property
    def routine(self) -> bool:
        return not self.findings

    def as_data(self) -> dict[str, Any]:
        """Return the data that is stored with the request."""
        return {"routine": self.routine, "findings": [f.message for f in self.findings]}


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


def bound(organization: Organization, name: str) -> float:
    """Return the value of a limit by the name of its column."""
    return float(getattr(organization, name))


def bound_text(organization: Organization, name: str, unit: str = "") -> str:
    """Return a limit as text, such as "2 GiB". `unit`: that of the field, if it differs from the limit's own."""
    value = bound(organization, name)
    if name.endswith("_mib"):
        return gib_text(value)
    unit = unit or {"users_per_hub": "people", "cpu_per_user": "cores", "hubs": "hubs"}.get(name, "")
    one = {"people": "person", "cores": "core", "hubs": "hub", "servers": "server"}
    return f"{value:g} {one.get(unit, unit) if value == 1 else unit}".strip()


def field_bound_text(organization: Organization, field: Field) -> str:
    """Return the limit of a field in the field's unit; "" for a field without one."""
    name = field.words.limit
    return bound_text(organization, name, field.words.unit) if name else ""


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
            message = f"{field.words.label}: {asked} is above the limit of {organization.name} ({limit})."
            if not asked:
                message = f"{field.words.label}: no limit, which is above the limit of {organization.name} ({limit})."
            found.append(Finding(f"over:{name}", path, message))
    return found


def _hubs_text(count: float) -> str:
    return f"{count:g}"


def _shared(organization: Organization) -> list[tuple[str, str, Callable[[Usage], int], int, Callable[[float], str]]]:
    """Return the limits that all hubs of an organisation share: name, label, function of usage, limit, formatter."""
    return [
        ("hubs", "Hubs", lambda use: use.hubs, organization.hubs, _hubs_text),
        ("total_memory_mib", "Total memory", lambda use: use.memory_mib, organization.total_memory_mib, gib_text),
    ]


def standing(organization: Organization, found: Ledger) -> tuple[Meter, ...]:
    """Return the shared limits as they are: allocated today, running now, and the peak on a later day."""
    (_, now), *later = course(found.all(), found.today)
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
    found = ledger(organization)
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


def above(meter: Meter, counted: str = "") -> str:
    """Return the message for a shared limit that would be exceeded. `counted`: how the added amount was counted."""
    adds, total, limit = f"{meter.adds_text}{counted}", meter.total_text, meter.limit_text
    used = f"{meter.used_text} already allocated"
    if meter.day:
        used += f" on {meter.day_text}"
    return f"{meter.label}: this adds {adds}. With {used}, the total of {total} is above the limit of {limit}."


def _counted(meter: Meter, spec: HubSpec, before: HubSpec | None) -> str:
    """Return " (24 people × 15 GiB)" if that is what a change adds to the total memory, else ""."""
    more = spec.memory_mib - (before.memory_mib if before else 0)
    if meter.name != "total_memory_mib" or spec.seats < 2 or spec.seats * more != meter.adds:
        return ""
    return f" ({spec.seats} people × {gib_text(more)})"


def judge(
    spec: HubSpec,
    organization: Organization,
    place: Cluster,
    shared: tuple[Meter, ...],
    before: HubSpec | None = None,
) -> Assessment:
    """Return the same without queries, for given meters. `organization` may be unsaved."""
    findings = over_limits(spec, organization, place.can)
    if before:
        findings = [f for f in findings if _asked(spec, f.path) > _asked(before, f.path)]
    for meter in shared:
        if meter.over:
            findings.append(Finding(f"over:{meter.name}", "", above(meter, _counted(meter, spec, before))))
    findings += novel(spec, before, facts_of(organization, place))
    if not organization.auto_approve:
        findings.append(Finding("policy", "", f"All requests of {organization.name} need review."))
    return Assessment(tuple(findings), shared)
