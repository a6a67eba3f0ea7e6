"""What hubs reserve of an organisation's shared limits: the single definition behind all meters, checks and numbers of
pages and API.

A hub reserves the memory of all seats and the storage of all people from the day of its creation until its last day;
user limits that give people more reserve the difference. A suspended hub reserves nothing, because resuming it is
checked; a scheduled hub reserves nothing before its first day. Pure, except for `ledgers`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from django.db.models import Count

from hubs.days.queries import last_day, today
from hubs.models import Hub, Organization, RosterEntry, RosterGroup, UserLimit
from hubs.spec import HubSpec
from hubs.user_limits.rules import ADMINS, EVERYBODY, GROUP, USERS

OF_ROLE = {RosterEntry.Role.ADMIN: ADMINS, RosterEntry.Role.USER: USERS}
DAY = timedelta(days=1)
Heads = Mapping[tuple[int, str], int]  # (hub, group of its list) -> number of people


@dataclass(frozen=True)
class Usage:
    """What hubs reserve. Memory counts as if all seats were in use, storage as if all planned people had files."""

    hubs: int = 0
    memory_mib: int = 0
    storage_mib: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.hubs + other.hubs, self.memory_mib + other.memory_mib, self.storage_mib + other.storage_mib)

    def __neg__(self) -> "Usage":
        return Usage(-self.hubs, -self.memory_mib, -self.storage_mib)


class Days(NamedTuple):
    """A period from the first to the last day, both inclusive; None: no limit on that side."""

    first: date | None = None
    last: date | None = None

    def has(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Claim:
    """A reservation on these days: by a hub, or by one of its user limits."""

    days: Days
    takes: Usage


Claims = tuple[Claim, ...]


@dataclass(frozen=True)
class Extra:
    """A user limit with memory. `until`: the last day on which it applies."""

    kind: str
    name: str
    memory_mib: float
    until: date | None = None
    pk: int = 0


@dataclass(frozen=True)
class Ledger:
    """Reservations of an organisation's hubs from `today` on; `running` is what runs now, if requested."""

    today: date
    claims: Mapping[int, Claims]  # by hub
    extras: Mapping[int, Sequence[Extra]]
    heads: Heads
    running: Usage = Usage()

    def all(self, *, without: Hub | None = None) -> Claims:
        gone = without.pk if without else None
        return tuple(claim for pk, claims in self.claims.items() if pk != gone for claim in claims)

    def of(self, hub: Hub | None) -> Claims:
        return self.claims.get(hub.pk, ()) if hub else ()

    def of_spec(self, spec: HubSpec, hub: Hub | None, *, resumed: bool = False) -> Claims:
        """Return the claims of a hub with this spec: a new hub, or `hub` after the change or when resumed."""
        days = days_of_spec(spec, hub, self.today, resumed=resumed)
        extras = self.extras.get(hub.pk, ()) if hub else ()
        return claims_of(days, cost(spec), spec.seats, extras, self.heads, hub.pk if hub else 0)

    def with_extras(self, hub: Hub, extras: Sequence[Extra], *, resumed: bool = False) -> Claims:
        """Return the claims of this hub with other user limits; `resumed`: as if it were running."""
        takes = Usage(1, hub.memory_mib, hub.storage_mib)
        days = Days() if resumed else days_of(hub, self.today)
        return claims_of(days, takes, hub.seats, extras, self.heads, hub.pk)


def cost(spec: HubSpec) -> Usage:
    """Return what one hub of this spec reserves, without user limits."""
    return Usage(1, spec.seats * spec.memory_mib, spec.about.heads * spec.storage_mib)


# --- which hubs count, and when ---------------------------------------------------------------------------------------
def days_of(hub: Hub, now: date) -> Days | None:
    """Return the days, from today on, on which this hub counts. A running hub counts today even if it has ended."""
    if hub.is_retired or hub.desired_state == Hub.Desired.SUSPENDED:
        return None
    last = max(hub.ends_on, now) if hub.ends_on else None
    return Days(hub.starts_on if hub.scheduled else None, last)


def days_of_spec(spec: HubSpec, hub: Hub | None, now: date, *, resumed: bool = False) -> Days | None:
    """Return the same for a hub with this spec. An extension resumes a hub that was suspended after its last day."""
    first, last = spec.about.starts, spec.about.ends
    waits = (hub is None or hub.scheduled) and first is not None and first > now and not spec.about.early
    over = last is not None and last < now
    if hub and hub.desired_state == Hub.Desired.SUSPENDED and not (resumed or (hub.stopped_by_end and not over)):
        return None
    return Days(first if waits else None, max(last, now) if last else None)


def _people(kind: str, name: str, hub_id: int, seats: int, heads: Heads) -> int:
    if kind == EVERYBODY:
        return seats
    return min(heads.get((hub_id, name), 0), seats) if kind == GROUP else 1


def claims_of(
    days: Days | None, takes: Usage, seats: int, extras: Iterable[Extra], heads: Heads, hub_id: int
) -> Claims:
    """Return the hub's claim, and those of user limits above the memory of a seat. Each counts as if all its people had
    a running server; of several for the same people, the largest counts."""
    if days is None:
        return ()
    each = takes.memory_mib / seats if seats else 0
    found = [Claim(days, takes)]
    through: dict[tuple[str, str], date] = {}  # the last day on which a larger one for the same people counts
    for extra in sorted(extras, key=lambda one: -one.memory_mib):
        people, end = (extra.kind, extra.name), extra.until or date.max
        before = through.get(people)
        more = max(0.0, extra.memory_mib - each) * _people(*people, hub_id, seats, heads)
        if not more or (before and before >= end):
            continue
        through[people] = end
        first = max((day for day in (days.first, before and before + DAY) if day), default=None)
        last = min((day for day in (days.last, extra.until) if day), default=None)
        found.append(Claim(Days(first, last), Usage(0, round(more))))
    return tuple(found)


# --- sums -------------------------------------------------------------------------------------------------------------
def on(claims: Iterable[Claim], day: date) -> Usage:
    """Return what is allocated on this day."""
    return sum((claim.takes for claim in claims if claim.days.has(day)), Usage())


def course(claims: Iterable[Claim], now: date) -> list[tuple[date, Usage]]:
    """Return what is allocated from today on: (day, sum) for each day on which it changes, today first."""
    changes: dict[date, Usage] = defaultdict(Usage, {now: Usage()})
    for claim in claims:
        first, last = claim.days
        if (last is not None and last < now) or (first and last and last < first):
            continue
        changes[max(first or now, now)] += claim.takes
        if last is not None and last < date.max:
            changes[last + DAY] += -claim.takes
    days = sorted(changes)
    return list(zip(days, accumulate(changes[day] for day in days), strict=True))


def compared(others: Claims, before: Claims, after: Claims, now: date) -> list[tuple[date, Usage, Usage]]:
    """Return (day, allocated now, allocated after the change) for each day on which one of them changes."""
    was, will = dict(course((*others, *before), now)), dict(course((*others, *after), now))
    left, right, found = Usage(), Usage(), []
    for day in sorted({*was, *will}):
        left, right = was.get(day, left), will.get(day, right)
        found.append((day, left, right))
    return found


# --- from the database ------------------------------------------------------------------------------------------------
def _heads(organizations: Collection[int]) -> Counter[tuple[int, str]]:
    """Return the number of people in each group of each hub's list, including roles. Two queries."""
    heads: Counter[tuple[int, str]] = Counter()
    rows = RosterEntry.objects.filter(hub__organization__in=organizations).order_by().values_list("hub", "role")
    for hub, role, count in rows.annotate(found=Count("pk")):
        heads[hub, OF_ROLE[role]] = count
    named = RosterGroup.objects.filter(hub__organization__in=organizations).order_by().values_list("hub", "key")
    for hub, key, count in named.annotate(found=Count("entries")):
        heads[hub, key] = count
    return heads


def _extras(places: Mapping[int, Organization], now: datetime) -> dict[int, list[Extra]]:
    rows = UserLimit.objects.counting(now).filter(hub__organization__in=places, memory_mib__gt=0)
    found: dict[int, list[Extra]] = defaultdict(list)
    columns = ("pk", "hub", "hub__organization", "kind", "name", "memory_mib", "until")
    for pk, hub, place, kind, name, memory, until in rows.order_by("pk").values_list(*columns):
        found[hub].append(Extra(kind, name, memory, last_day(until, places[place].zone) if until else None, pk))
    return found


def _runs(hub: Hub) -> Usage:
    """Return what runs of a hub now, as far as is known. Servers count with the memory limit."""
    if hub.desired_state != Hub.Desired.RUNNING or hub.scheduled:
        return Usage()
    servers = len(hub.servers) if isinstance(hub.servers, list) else 0
    return Usage(1, round(servers * hub.memory_mib / hub.seats) if hub.seats else 0)


COLUMNS = ("organization", "desired_state", "scheduled", "starts_on", "ends_on", "seats", "memory_mib", "storage_mib")


def ledgers(
    organizations: Iterable[Organization], now: datetime, *, running: bool = False, groups: bool = False
) -> dict[int, Ledger]:
    """Return ledgers by organisation. Two queries, and two more if user limits of groups exist (or with `groups`).
    `running`: include what runs now."""
    places = {place.pk: place for place in organizations}
    days = {pk: today(now, place) for pk, place in places.items()}
    extras = _extras(places, now)
    by_group = groups or any(extra.kind == GROUP for each in extras.values() for extra in each)
    heads = _heads(places) if by_group else Counter[tuple[int, str]]()
    claims: dict[int, dict[int, Claims]] = {pk: {} for pk in places}
    runs = dict.fromkeys(places, Usage())
    rows = Hub.objects.alive().filter(organization__in=places).only(*COLUMNS, *(["servers"] if running else []))
    for hub in rows:
        place, takes = hub.organization_id, Usage(1, hub.memory_mib, hub.storage_mib)
        claims[place][hub.pk] = claims_of(
            days_of(hub, days[place]), takes, hub.seats, extras.get(hub.pk, ()), heads, hub.pk
        )
        runs[place] += _runs(hub) if running else Usage()
    return {pk: Ledger(days[pk], claims[pk], extras, heads, runs[pk]) for pk in places}
