"""Which values have no effect because of a hub's cluster or its other values, and why. Pure.

The form hides such fields, and the API refuses values for them. Stored specs keep their values, and pages show that
they have no effect. A field declares what it needs, a runtime declares its capabilities.
tests/runtimes/test_every_field_counts.py compares with real hubs.
"""

from hubs.language import _, lazy
from hubs.spec.capabilities import LACKING, Capabilities
from hubs.spec.chart import HERE
from hubs.spec.fields import FIELDS, Field
from hubs.spec.followed import inside, why_ignored
from hubs.spec.hub import HubSpec
from hubs.spec.trees import Path, get, leaves, split
from hubs.spec.types import ANY

MORE = "more"
# The chart's keys that a hub without pods reads, found like followed.TABLE (tests/runtimes/test_followed.py).
TABLE = HERE / "one-machine.txt"
READ = frozenset(split(line) for line in TABLE.read_text(encoding="utf-8").split())
OF_PODS = (("hub", "config", "KubeSpawner"), ("hub", "config", "PeopleSpawner"))  # spawners that only run in Kubernetes
# Values by field that have an effect even without the capability that the field needs.
IN_PART: dict[str, tuple[str, ...]] = {
    "singleuser.memory.limit": ANY,
    "singleuser.memory.guarantee": ANY,
    "singleuser.cpu.limit": ANY,
    "singleuser.cpu.guarantee": ANY,
    "singleuser.storage.type": ("dynamic", "none"),
    MORE: ANY,  # decided by key: `_unread`
}
ONLY_READ = lazy("On a cluster without pods, only the settings that JupyterHub itself reads have an effect.")


def needless(spec: HubSpec, *known: HubSpec, can: Capabilities) -> dict[str, str]:
    """Return {path: why} for each value that has no effect. Defaults and values that are the same in one of `known`
    (the current hub, its starting point) are left out, because the requester did not set them."""
    found = {path: why for path, field in FIELDS.items()
             if _said(field, spec, known) and (why := _why(field, spec, can))}  # fmt: skip
    if not can.pods and (unread := _unread(spec, known)):
        names = ", ".join(".".join(path) for path in unread)
        found[MORE] = _("{settings}: {sentence} Remove it.", settings=names, sentence=LACKING["pods"])
    return found


def remarks(spec: HubSpec, *known: HubSpec, can: Capabilities) -> dict[str, str]:
    """Return the same, and values that only have an effect in part. Limits that are not enforced are left out: the form
    says that beside their fields."""
    found = needless(spec, *known, can=can)
    asked = [path for path in IN_PART if path != MORE and FIELDS[path].words.needs != "enforces_limits"]
    lacking = [path for path in asked if can.lacks(FIELDS[path].words.needs) and _said(FIELDS[path], spec, known)]
    return found | {path: in_part(FIELDS[path]) for path in lacking}


def in_part(field: Field, where: str = "") -> str:
    """Return what a field means without the capability that it needs; "" if it needs none. `where`: the name of the
    cluster, if there is one."""
    if where and field.words.needs == "enforces_limits":
        return _("“{cluster}” does not enforce limits of memory and CPU: notebooks can use more.", cluster=where)
    return str(ONLY_READ if field.path == MORE else LACKING.get(field.words.needs, ""))


def answers_here(field: Field, can: Capabilities) -> tuple[str, ...]:
    """Return which values have an effect with these capabilities: ANY, some of the choices, or ()."""
    return IN_PART.get(field.path, ()) if can.lacks(field.words.needs) else ANY


def _said(field: Field, spec: HubSpec, known: tuple[HubSpec, ...]) -> bool:
    value = field.read(spec)
    return value != field.default and all(value != field.read(one) for one in known)


def _why(field: Field, spec: HubSpec, can: Capabilities) -> str:
    if (above := field.waits_for(spec)) and above.words.when:
        return _condition(*above.words.when)
    answers = answers_here(field, can)
    if answers != ANY and field.read(spec) not in answers:
        return _("{sentence} Remove this setting.", sentence=LACKING[field.words.needs])
    return ""


def _unread(spec: HubSpec, known: tuple[HubSpec, ...]) -> list[Path]:
    """Return the paths in "more configuration" that only have an effect on clusters with pods."""
    return [
        path for path, value in leaves(spec.more)
        if not why_ignored(path) and (inside(path, OF_PODS) or not inside(path, READ))
        and all(get(one.more, path, ...) != value for one in known)
    ]  # fmt: skip


def _condition(other: str, answers: tuple[str, ...]) -> str:
    """Return the condition of a field in words."""
    label, named = FIELDS[other].words.label, FIELDS[other].answers_text(answers)
    if answers == ANY:
        return _(
            "This has an effect only if “{field}” is filled in. Remove this, or fill in “{field}”.",
            field=label,
        )
    return _(
        "This has an effect only if “{field}” is {answers}. Remove this, or change “{field}”.",
        field=label,
        answers=named,
    )
