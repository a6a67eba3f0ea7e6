"""Which answers a hub cannot honour where it lives and beside its other answers, and why. Pure.

The form hides such a field. A program that says one is refused; what is stored keeps its answer, and pages say that
nothing follows from it. What a field needs stands at the field, what a place can do is declared by its runtime.
tests/runtimes/test_every_field_counts.py compares with real hubs.
"""

from hubs.spec.capabilities import LACKING, Capabilities
from hubs.spec.chart import HERE
from hubs.spec.fields import FIELDS, Field
from hubs.spec.followed import inside, why_ignored
from hubs.spec.hub import HubSpec
from hubs.spec.trees import Path, get, leaves, split
from hubs.spec.types import ANY

MORE = "more"
# The keys of the chart that a hub without pods reads: found, as followed.TABLE is (tests/runtimes/test_followed.py).
TABLE = HERE / "one-machine.txt"
READ = frozenset(split(line) for line in TABLE.read_text(encoding="utf-8").split())
OF_PODS = (("hub", "config", "KubeSpawner"), ("hub", "config", "PeopleSpawner"))  # who starts servers in a cluster only
# What is followed in part without what the field needs: answers by field.
IN_PART: dict[str, tuple[str, ...]] = {
    "singleuser.memory.limit": ANY,
    "singleuser.memory.guarantee": ANY,
    "singleuser.cpu.limit": ANY,
    "singleuser.cpu.guarantee": ANY,
    "singleuser.storage.type": ("dynamic", "none"),
    MORE: ANY,  # key by key: `_unread`
}
ONLY_READ = "On a cluster without pods, only the settings that JupyterHub itself reads have an effect."


def needless(spec: HubSpec, *known: HubSpec, can: Capabilities) -> dict[str, str]:
    """{path: why} of each answer from which nothing follows for the hub. What is as it is by default, or as in one of
    `known` (what the hub has, its starting point), is left out: nobody said it."""
    found = {path: why for path, field in FIELDS.items() if (why := _why(field, spec, can))
             and _said(field, spec, known)}  # fmt: skip
    if not can.pods and (unread := _unread(spec, known)):
        found[MORE] = f"{', '.join('.'.join(path) for path in unread)}: {LACKING['pods']} Remove it."
    return found


def remarks(spec: HubSpec, *known: HubSpec, can: Capabilities) -> dict[str, str]:
    """The same, and what is honoured in part only."""
    found = needless(spec, *known, can=can)
    found |= {
        path: in_part(FIELDS[path])
        for path in IN_PART
        if path != MORE and can.lacks(FIELDS[path].words.needs) and _said(FIELDS[path], spec, known)
    }
    return found  # fmt: skip


def in_part(field: Field) -> str:
    """What a place makes of a field without what the field needs; "" where it needs nothing."""
    return ONLY_READ if field.path == MORE else LACKING.get(field.words.needs, "")


def answers_here(field: Field, can: Capabilities) -> tuple[str, ...]:
    """Which answers can be honoured in such a place: ANY, some of the choices, or none."""
    return IN_PART.get(field.path, ()) if can.lacks(field.words.needs) else ANY


def _said(field: Field, spec: HubSpec, known: tuple[HubSpec, ...]) -> bool:
    value = field.read(spec)
    return value != field.default and all(value != field.read(one) for one in known)


def _why(field: Field, spec: HubSpec, can: Capabilities) -> str:
    if (above := field.waits_for(spec)) and above.words.when:
        return _condition(*above.words.when)
    answers = answers_here(field, can)
    if answers != ANY and field.read(spec) not in answers:
        return f"{LACKING[field.words.needs]} Remove it."
    return ""


def _unread(spec: HubSpec, known: tuple[HubSpec, ...]) -> list[Path]:
    """What of "more configuration" only a place with pods follows."""
    return [
        path for path, value in leaves(spec.more)
        if not why_ignored(path) and (inside(path, OF_PODS) or not inside(path, READ))
        and all(get(one.more, path, ...) != value for one in known)
    ]  # fmt: skip


def _condition(other: str, answers: tuple[str, ...]) -> str:
    """What an answer waits for, in words."""
    label, choices = FIELDS[other].words.label, dict(FIELDS[other].words.choices)
    named = " or ".join(f"“{choices.get(one, one).split(' — ')[0]}”" for one in answers)
    if answers == ANY:
        return f"This has an effect only if “{label}” is filled in. Remove this, or fill in “{label}”."
    return f"This has an effect only if “{label}” is {named}. Remove this, or change “{label}”."
