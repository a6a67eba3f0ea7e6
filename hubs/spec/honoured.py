"""Which answers a hub cannot honour where it lives and beside its other answers, and why. Pure.

The form hides such a field, or says it beside the field. A program that says one is refused; what is stored keeps its
answer, and pages say that nothing follows from it. tests/runtimes/test_every_field_counts.py compares with real hubs.
"""

from hubs.spec.base import ONLY_CLUSTER
from hubs.spec.chart import HERE
from hubs.spec.fields import FIELDS, Field
from hubs.spec.followed import inside, why_ignored
from hubs.spec.hub import HubSpec
from hubs.spec.trees import Path, get, leaves, split
from hubs.spec.types import ANY

MORE = "more"
# The keys of the chart that a hub on one machine reads: found, as followed.TABLE is (tests/runtimes/test_followed.py).
TABLE = HERE / "one-machine.txt"
READ = frozenset(split(line) for line in TABLE.read_text(encoding="utf-8").split())
OF_PODS = (("hub", "config", "KubeSpawner"), ("hub", "config", "PeopleSpawner"))  # who starts servers in a cluster only
# What one machine follows although it can't enforce it, or only in part: answers by field.
IN_PART: dict[str, tuple[str, ...]] = {
    "singleuser.memory.limit": ANY,
    "singleuser.memory.guarantee": ANY,
    "singleuser.cpu.limit": ANY,
    "singleuser.cpu.guarantee": ANY,
    "singleuser.storage.type": ("dynamic", "none"),
}


def needless(spec: HubSpec, *known: HubSpec, one_machine: bool) -> dict[str, str]:
    """{path: why} of each answer from which nothing follows for the hub. What is as it is by default, or as in one of
    `known` (what the hub has, its starting point), is left out: nobody said it."""
    found = {path: why for path, field in FIELDS.items() if (why := _why(field, spec, one_machine))
             and _said(field, spec, known)}  # fmt: skip
    if one_machine and (unread := _unread(spec, known)):
        found[MORE] = f"{', '.join('.'.join(path) for path in unread)}: {ONLY_CLUSTER} Leave it out."
    return found


def remarks(spec: HubSpec, *known: HubSpec, one_machine: bool) -> dict[str, str]:
    """The same, and what one machine honours in part only."""
    found = needless(spec, *known, one_machine=one_machine)
    if one_machine:
        found |= {path: FIELDS[path].words.local for path in IN_PART if _said(FIELDS[path], spec, known)}
    return found


def _said(field: Field, spec: HubSpec, known: tuple[HubSpec, ...]) -> bool:
    value = field.read(spec)
    return value != field.default and all(value != field.read(one) for one in known)


def _why(field: Field, spec: HubSpec, one_machine: bool) -> str:
    if (above := field.waits_for(spec)) and above.words.when:
        return _condition(*above.words.when)
    answers = ANY if field.path == MORE else IN_PART.get(field.path, ())
    if one_machine and field.words.local and answers != ANY and field.read(spec) not in answers:
        return f"{field.words.local} Leave it out."
    return ""


def _unread(spec: HubSpec, known: tuple[HubSpec, ...]) -> list[Path]:
    """What of "more configuration" only a cluster follows."""
    return [
        path for path, value in leaves(spec.more)
        if not why_ignored(path) and (inside(path, OF_PODS) or not inside(path, READ))
        and all(get(one.more, path, ...) != value for one in known)
    ]  # fmt: skip


def _condition(other: str, answers: tuple[str, ...]) -> str:
    """What an answer waits for, in words."""
    label, choices = FIELDS[other].words.label, dict(FIELDS[other].words.choices)
    named = " or ".join(f"“{choices.get(one, one).split(' — ')[0]}”" for one in answers)
    wanted = "has an answer" if answers == ANY else f"is {named}"
    return f"This counts only when “{label}” {wanted}. Leave it out, or change that."
