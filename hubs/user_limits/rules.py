"""The limits of each person in a hub, and the rules they come from. Pure: rules and a spec in, values out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hubs.language import _, lazy
from hubs.spec import HubSpec
from hubs.spec.amounts import amount
from hubs.text.sentences import paragraph

PERSON, GROUP, EVERYBODY = "person", "group", "everybody"
ORDER = (PERSON, GROUP, EVERYBODY)  # the most specific first
ADMINS, USERS = ":admin", ":user"  # groups by role in the hub; no other group name begins with a colon
ROLE_GROUPS = (ADMINS, USERS)
MOST_STEPS = 20  # consecutive values sent to a hub


@dataclass(frozen=True)
class Measure:
    """A quantity that is limited. `name` is the key of a value. People enter it in `unit`; one such unit is `factor`
    stored units. `bound` is the column of the organisation's limit for it."""

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
        """Return a value for display."""
        if value is None:
            return _("not limited")
        if self.factor == 1024:
            return amount(value / 1024, "GiB")  # as it is typed: never in MiB
        return amount(float(f"{value:g}"), {"cpu": "cores", "gpus": "GPUs"}.get(self.name, "servers"))

    def written(self, value: float | None) -> str:
        """Return a value as a person enters it: 2048 -> "2"."""
        return "" if value is None else f"{value / self.factor:.10g}"


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("memory_mib", lazy("Memory"), lazy("Maximum memory of one server."), "GiB", 64, 4 * 1024**2,
                1024, bound="memory_per_user_mib"),
        Measure("cpu", lazy("CPU"), lazy("CPU cores of one server."), lazy("cores"), 0.01, 256,
                whole=False, bound="cpu_per_user"),
        Measure("gpus", lazy("GPUs"), lazy("GPUs of one server. 0 for none."), lazy("GPUs"), 0, 64),
        Measure("storage_mib", lazy("Storage"),
                lazy("Space for files. Applies to home directories created from now on."), "GiB",
                64, 100 * 1024**2, 1024, bound="storage_per_user_mib"),
        Measure("servers", lazy("Running servers"),
                lazy("Maximum running servers of one person, if the hub allows several."),
                lazy("servers"), 1, 100),
    )
}  # fmt: skip


def role_groups() -> dict[str, str]:
    """Return the groups by role in the hub, as they are written inside a sentence."""
    return {ADMINS: _("hub admins"), USERS: _("people who are not hub admins")}


def in_words(values: Mapping[str, float]) -> str:
    """Return limits by measure in words: "Memory 4 GiB, CPU 2 cores"."""
    said = [_("{limit} {value}", limit=MEASURES[name].label, value=MEASURES[name].text(value))
            for name, value in values.items()]  # fmt: skip
    return paragraph(said, ", ")


SHAPE = ("memory_mib", "cpu", "gpus")  # what a server keeps until it restarts


@dataclass(frozen=True)
class Rule:
    """A rule, active from `since` until `until` or `ended`, whichever is first. `since` None: it needs review."""

    pk: int
    kind: str
    name: str  # of a person or a group; "" for everyone
    values: Mapping[str, float]
    since: datetime | None
    until: datetime | None = None
    ended: datetime | None = None

    def counts(self, at: datetime) -> bool:
        over = min((moment for moment in (self.until, self.ended) if moment), default=None)
        return self.since is not None and self.since <= at and (over is None or at < over)


@dataclass(frozen=True)
class Person:
    """A person in a hub: all names that rules may use for them (lower case), and their groups as rules store them.
    `listed`: groups on the hub's list, in their spelling. `title`: their own name, "" if the portal doesn't know it."""

    names: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    listed: tuple[str, ...] = ()
    title: str = field(default="", compare=False)

    def is_meant(self, rule: Rule) -> bool:
        if rule.kind == PERSON:
            return rule.name in self.names
        return rule.kind == EVERYBODY or rule.name in self.groups


@dataclass(frozen=True)
class Given:
    """A person's value for one measure; `rule` is None if it is the hub's default."""

    value: float | None
    rule: Rule | None = field(default=None)


def base(spec: HubSpec) -> dict[str, float | None]:
    """Return the hub's default limits. None: not limited."""
    named = spec.hub.namedServerLimitPerUser
    return {
        "memory_mib": spec.memory_mib or None,
        "cpu": spec.cpu or None,
        "gpus": spec.singleuser.gpus,
        "storage_mib": spec.storage_mib or None,
        "servers": 1 if not spec.hub.allowNamedServers else None if named is None else named + 1,
    }


def _before(rule: Rule) -> tuple[bool, float, int]:
    """Sort key of rules for one subject: a rule with an end takes precedence, then the newer one."""
    return (rule.until is None, -(rule.since.timestamp() if rule.since else 0), -rule.pk)


def winner(rules: Iterable[Rule], person: Person, measure: str, at: datetime) -> Rule | None:
    """Return the rule that sets a person's value for a measure. Rules for a person take precedence over rules for
    groups, of which the largest value applies, and these over rules for everyone."""
    fit = [rule for rule in rules if measure in rule.values and rule.counts(at) and person.is_meant(rule)]
    for kind in ORDER:
        of_kind = [rule for rule in fit if rule.kind == kind]
        # A person has two names, the user name and the address. Rules for either apply to them.
        names = {rule.name for rule in of_kind} if kind == GROUP else {None}
        first = [min((r for r in of_kind if name in (None, r.name)), key=_before, default=None) for name in names]
        if found := [rule for rule in first if rule]:
            return max(found, key=lambda rule: (rule.values[measure], -rule.pk))
    return None


def effective(spec: HubSpec, rules: Iterable[Rule], person: Person, now: datetime) -> dict[str, Given]:
    """Return a person's value for each measure, and the rule it comes from."""
    rules, given = list(rules), {}
    for name, value in base(spec).items():
        rule = winner(rules, person, name, now)
        given[name] = Given(rule.values[name], rule) if rule else Given(value)
    return given


def schedule(rules: Iterable[Rule], person: Person, now: datetime) -> dict[str, list[tuple[float, datetime | None]]]:
    """Return a person's consecutive values by rules from now on, each with the moment it ends (None: never). After the
    last end, and for missing measures, the hub's default applies. So a hub that can't reach the portal still ends
    values in time."""
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
