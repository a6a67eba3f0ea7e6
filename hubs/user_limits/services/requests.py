"""What staff see when they review user limits above the organisation limits: the requested, current and organisation
limits, running servers, and earlier decisions. Reads only."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString

from hubs.limits.queries import limits
from hubs.limits.queries.allowance import bound, meters_with
from hubs.models import AuditEvent, UserLimit
from hubs.user_limits.queries.seen import facts_of
from hubs.user_limits.rules import MEASURES, PERSON, base

MOST = 5  # earlier decisions


@dataclass(frozen=True)
class Asked:
    """One measure as text: the requested value, the current one, and the organisation's limit per person ("" if there
    is none)."""

    label: str
    asked: str
    now: str
    agreed: str


@dataclass(frozen=True)
class Decided:
    """An earlier decision on such a request of the same organisation."""

    event: AuditEvent
    told: SafeString  # the audit's sentence about it
    whom: str
    limits: str


@dataclass(frozen=True)
class Standing:
    """All of this. `servers`: number of running servers, of this person or of the whole hub."""

    asked: list[Asked]
    shared: tuple[limits.Meter, ...]
    servers: int
    earlier: list[Decided]


def _now(rule: UserLimit) -> dict[str, str]:
    """Return the current values of the people of this rule, as text by label."""
    if rule.kind == PERSON:
        return {fact.label: fact.text for fact in facts_of(rule.hub, rule.name)}
    values = dict(base(rule.hub.spec))
    for row in rule.hub.user_limits.counting(timezone.now()).filter(kind=rule.kind, name=rule.name).order_by("pk"):
        values |= row.values
    return {MEASURES[name].label: MEASURES[name].text(value) for name, value in values.items()}


def _earlier(rule: UserLimit) -> list[Decided]:
    lines = AuditEvent.objects.of_organization(rule.hub.organization)
    found = []
    for line in lines.filter(verb__in=("limit.allow", "limit.decline")).order_by("-at", "-pk")[:MOST]:
        whom, said = ("".join(line.changes.get(name, ("", ""))) for name in ("for", "limits"))
        found.append(Decided(line, line.told_html(line.actor_name, line.subject), whom, said))
    return found


def standing(rule: UserLimit) -> Standing:
    """Return what staff see when they review this rule. About ten queries, however many rules and hubs there are."""
    now = _now(rule)
    rows = []
    for name, value in rule.values.items():
        measure, most = MEASURES[name], bound(rule.hub, name)
        agreed = "" if most is None else measure.text(most)
        rows.append(Asked(measure.label, measure.text(value), now.get(measure.label, ""), agreed))
    running = [one for one in rule.hub.servers or [] if rule.kind != PERSON or one.get("user") == rule.name]
    replaced = [rule.instead_of_id] if rule.instead_of_id else []
    meters = meters_with(rule.hub, [((rule.kind, rule.name), rule)], replaced)
    return Standing(rows, meters, len(running), _earlier(rule))
