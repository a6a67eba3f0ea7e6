"""What each person of a hub may use, and which rule says so. Pure: rules and a spec in, values out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hubs.spec import HubSpec
from hubs.spec.diff import gib_text

PERSON, GROUP, EVERYBODY = "person", "group", "everybody"
ORDER = (PERSON, GROUP, EVERYBODY)  # the most specific first
ADMINS, USERS = ":admin", ":user"  # the groups that everybody's role in the hub makes; no other begins with a colon
ROLE_GROUPS = {ADMINS: "hub admins", USERS: "people who are not hub admins"}
MOST_STEPS = 20  # values one after another that a hub is told


@dataclass(frozen=True)
class Measure:
    """One thing that is limited. `name` is the key of a value; people write it in `unit`, `factor` of ours to one of
    theirs. `bound` is the organisation's limit for it, by its column's name."""

    name: str
    label: str
    help: str
    unit: str
    least: float
    most: float
    factor: float = 1
    whole: bool = True
    bound: str = ""

    def text(self, value: float | None) -> str:
        """A value as a person reads it."""
        if value is None:
            return "not limited"
        if self.factor == 1024:
            return gib_text(value)
        unit = self.unit if value != 1 else self.unit.removesuffix("s")
        return f"{value:g} {unit}"

    def written(self, value: float | None) -> str:
        """A value as a person writes it: 2048 -> "2"."""
        return "" if value is None else f"{value / self.factor:.10g}"


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("memory_mib", "Memory", "The most that the notebooks of one server may use.", "GiB", 64, 4 * 1024**2,
                1024, bound="memory_per_user_mib"),
        Measure("cpu", "CPU", "Processor cores of one server.", "cores", 0.01, 256, whole=False, bound="cpu_per_user"),
        Measure("gpus", "GPUs", "Graphics processors of one server. 0: none.", "GPUs", 0, 64),
        Measure("storage_mib", "Storage", "Room for files. It counts for homes that are made from now on.", "GiB", 64,
                100 * 1024**2, 1024, bound="storage_per_user_mib"),
        Measure("servers", "Servers at once", "How many servers one person may run, where the hub allows several.",
                "servers", 1, 100),
    )
}  # fmt: skip
SHAPE = ("memory_mib", "cpu", "gpus")  # what a server keeps until it is started anew


@dataclass(frozen=True)
class Rule:
    """Counts from `since` until `until` or `ended`, whichever is first. `since` None: it waits for staff."""

    pk: int
    kind: str
    name: str  # a person's or a group's; "" for everybody
    values: Mapping[str, float]
    since: datetime | None
    until: datetime | None = None
    ended: datetime | None = None

    def counts(self, at: datetime) -> bool:
        over = min((moment for moment in (self.until, self.ended) if moment), default=None)
        return self.since is not None and self.since <= at and (over is None or at < over)


@dataclass(frozen=True)
class Person:
    """Somebody of a hub: every name that a rule may call them by (small letters), and their groups as rules keep them.
    `listed`: those of the hub's list, as they are spelled."""

    names: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    listed: tuple[str, ...] = ()

    def is_meant(self, rule: Rule) -> bool:
        if rule.kind == PERSON:
            return rule.name in self.names
        return rule.kind == EVERYBODY or rule.name in self.groups


@dataclass(frozen=True)
class Given:
    """What somebody gets of one measure; `rule` is None when it is what the hub gives everybody."""

    value: float | None
    rule: Rule | None = field(default=None)


def base(spec: HubSpec) -> dict[str, float | None]:
    """What the hub gives everybody, at most. None: not limited."""
    named = spec.hub.namedServerLimitPerUser
    return {
        "memory_mib": spec.memory_mib or None,
        "cpu": spec.cpu or None,
        "gpus": spec.singleuser.gpus,
        "storage_mib": spec.storage_mib or None,
        "servers": 1 if not spec.hub.allowNamedServers else None if named is None else named + 1,
    }


def _before(rule: Rule) -> tuple[bool, float, int]:
    """Of several rules for one subject: one that ends by itself goes before one that stays, then the newer one."""
    return (rule.until is None, -(rule.since.timestamp() if rule.since else 0), -rule.pk)


def winner(rules: Iterable[Rule], person: Person, measure: str, at: datetime) -> Rule | None:
    """The rule that says how much of a measure somebody gets. A person's own goes before their groups', of which the
    largest counts, and these go before everybody's."""
    fit = [rule for rule in rules if measure in rule.values and rule.counts(at) and person.is_meant(rule)]
    for kind in ORDER:
        of_kind = [rule for rule in fit if rule.kind == kind]
        # A person has two names, the user name and the address: rules for either are rules for them.
        names = {rule.name for rule in of_kind} if kind == GROUP else {None}
        first = [min((r for r in of_kind if name in (None, r.name)), key=_before, default=None) for name in names]
        if found := [rule for rule in first if rule]:
            return max(found, key=lambda rule: (rule.values[measure], -rule.pk))
    return None


def effective(spec: HubSpec, rules: Iterable[Rule], person: Person, now: datetime) -> dict[str, Given]:
    """What somebody gets of each measure, and which rule gave it."""
    rules, given = list(rules), {}
    for name, value in base(spec).items():
        rule = winner(rules, person, name, now)
        given[name] = Given(rule.values[name], rule) if rule else Given(value)
    return given


def schedule(rules: Iterable[Rule], person: Person, now: datetime) -> dict[str, list[tuple[float, datetime | None]]]:
    """What rules give somebody from now on, one value after another, each with the moment it ends (None: it stays).
    After the last end, and for a measure that is missing, it is what the hub gives everybody. So a hub that cannot ask
    ends what has to end."""
    rules, found = list(rules), {}
    for measure in MEASURES:
        steps: list[tuple[float, datetime | None]] = []
        at: datetime | None = now
        while at and len(steps) < MOST_STEPS and (rule := winner(rules, person, measure, at)):
            at = rule.until
            steps.append((rule.values[measure], at))
        if steps:
            found[measure] = steps
    return found
