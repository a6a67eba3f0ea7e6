"""An organisation's limits, what it uses of them, and which requests need a person. Form, API and service ask here."""

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from hubs.models import Cluster, Hub, Organization
from hubs.spec import FIELDS, HubSpec, verdicts
from hubs.spec.diff import gib_text
from hubs.spec.effective import values
from hubs.spec.judges import Facts
from hubs.spec.trees import get


@dataclass(frozen=True)
class Usage:
    """What hubs take of an organisation's limits. Memory counts as every seat taken, storage as every head."""

    hubs: int = 0
    memory_mib: int = 0
    storage_mib: int = 0


@dataclass(frozen=True)
class Meter:
    """One limit: used now, what this adds, the limit. Numbers in `unit`, words made for people."""

    name: str
    label: str
    used: int
    adds: int
    limit: int
    used_text: str
    adds_text: str
    limit_text: str

    @property
    def over(self) -> bool:
        return self.adds > 0 and self.used + self.adds > self.limit


@dataclass(frozen=True)
class Finding:
    """One reason why a person has to look. `path` is the field it stands beside, or ""."""

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
        """For the request's record of why."""
        return {"routine": self.routine, "findings": [f.message for f in self.findings]}


def cost(spec: HubSpec) -> Usage:
    """What one hub of this spec takes."""
    return Usage(1, spec.seats * spec.memory_mib, spec.about.heads * spec.storage_mib)


def usage(organization: Organization, *, without: Hub | None = None) -> Usage:
    """What the organisation's living hubs take, in one query."""
    rows = Hub.objects.filter(organization=organization).alive()
    if without:
        rows = rows.exclude(pk=without.pk)
    sums = rows.aggregate(memory=Coalesce(Sum("memory_mib"), 0), storage=Coalesce(Sum("storage_mib"), 0))
    return Usage(rows.count(), sums["memory"], sums["storage"])


def lock(organization: Organization) -> Organization:
    """Make other approvals of this organisation wait until this transaction ends, and return it as it is now.

    An UPDATE, because it locks on PostgreSQL and SQLite alike: two requests that fit one by one but not together
    can then not both pass.
    """
    Organization.objects.filter(pk=organization.pk).update(changes=F("changes") + 1)
    return Organization.objects.select_related("cluster").get(pk=organization.pk)


def bound(organization: Organization, name: str) -> float:
    """The value of a limit by its column's name."""
    return float(getattr(organization, name))


def bound_text(organization: Organization, name: str) -> str:
    """A limit in words: "2 GiB"."""
    value = bound(organization, name)
    if name.endswith("_mib"):
        return gib_text(value)
    unit = {"users_per_hub": "people", "cpu_per_user": "cores", "hubs": "hubs"}.get(name, "")
    return f"{value:g} {unit}".strip()


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
            return spec.seats if get(values(spec), ("hub", "activeServerLimit")) else 0
    return float(value or 0)


def over_limits(spec: HubSpec, organization: Organization) -> list[Finding]:
    """Every field above the organisation's limit for it."""
    found = []
    for path, field in FIELDS.items():
        name = field.words.limit
        if name and _asked(spec, path) > bound(organization, name):
            limit = bound_text(organization, name)
            message = f"{field.words.label}: more than {organization.name} agreed on ({limit})."
            found.append(Finding(f"over:{name}", path, message))
    return found


def with_usage(organizations: QuerySet[Organization]) -> QuerySet[Organization]:
    """The same rows with `used_hubs`, `used_memory_mib` and `used_storage_mib`, for lists: no query a row."""
    mine = Hub.objects.filter(organization=OuterRef("pk")).alive().order_by().values("organization")

    def one(expression: Count | Sum) -> Coalesce:
        return Coalesce(Subquery(mine.annotate(found=expression).values("found")), 0, output_field=BigIntegerField())

    return organizations.annotate(
        used_hubs=one(Count("pk")), used_memory_mib=one(Sum("memory_mib")), used_storage_mib=one(Sum("storage_mib"))
    )


def shared(organization: Organization, now: Usage, adds: Usage | None = None) -> tuple[Meter, ...]:
    """The limits that all hubs of an organisation share, as meters."""
    more = adds or Usage()
    rows = (
        ("hubs", "Hubs", now.hubs, more.hubs, organization.hubs, lambda n: f"{n:g}"),
        ("total_memory_mib", "Memory in all", now.memory_mib, more.memory_mib, organization.total_memory_mib, gib_text),
    )
    return tuple(
        Meter(name, label, used, plus, limit, say(used), say(plus), say(limit))
        for name, label, used, plus, limit, say in rows
    )


def adding(now: Usage, others: Usage, spec: HubSpec) -> Usage:
    """What is used more than now when, beside the others, there is a hub of this spec."""
    after = cost(spec)
    return Usage(
        others.hubs + after.hubs - now.hubs,
        others.memory_mib + after.memory_mib - now.memory_mib,
        others.storage_mib + after.storage_mib - now.storage_mib,
    )


def meters(spec: HubSpec | None, organization: Organization, hub: Hub | None = None) -> tuple[Meter, ...]:
    """The organisation's shared limits, with what this spec would add (a change adds the difference)."""
    now = usage(organization)
    if spec is None:
        return shared(organization, now)
    others = usage(organization, without=hub) if hub else now
    return shared(organization, now, adding(now, others, spec))


def facts_of(organization: Organization, place: Cluster) -> Facts:
    """What a judgement has to know of where a hub lives, and of what staff allowed the organisation."""
    classes = tuple(place.storage_classes)
    return Facts(storage_classes=classes, temporary_users=organization.allow_temporary_users)


def novel(spec: HubSpec, before: HubSpec | None, facts: Facts) -> list[Finding]:
    """What staff look at whatever its size, as far as they did not look at it before: hubs.spec.verdicts says why."""
    return [
        Finding(verdict.code or f"novel:{path}", path, look.message)
        for path, verdict, look in verdicts.looks(spec, before, facts)
    ]


def assess(
    spec: HubSpec, organization: Organization, *, hub: Hub | None = None, before: HubSpec | None = None
) -> Assessment:
    """May this be approved without a person? Only what this change makes worse counts: a hub that staff once allowed
    more than the limit may still change its title by itself."""
    place = hub.cluster if hub else organization.cluster
    return judge(spec, organization, place, meters(spec, organization, hub), before)


def judge(
    spec: HubSpec,
    organization: Organization,
    place: Cluster,
    shared: tuple[Meter, ...],
    before: HubSpec | None = None,
) -> Assessment:
    """The same without a query, for meters that somebody has counted. `organization` need not be saved."""
    findings = over_limits(spec, organization)
    if before:
        findings = [f for f in findings if _asked(spec, f.path) > _asked(before, f.path)]
    for meter in shared:
        if meter.over:
            will = meter.used_text, meter.adds_text, meter.limit_text
            message = "{}: {} in use and {} more is above the agreed {}.".format(meter.label, *will)
            findings.append(Finding(f"over:{meter.name}", "", message))
    findings += novel(spec, before, facts_of(organization, place))
    if not organization.auto_approve:
        findings.append(Finding("policy", "", f"Staff look at every request of {organization.name}."))
    return Assessment(tuple(findings), shared)
