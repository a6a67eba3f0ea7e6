"""Find what the cluster would refuse in a hub's configuration, before anyone starts a server. Pure.

All checks run on the pods that result from the configuration (hubs.spec.pods). The setting that causes an error is
found by leaving settings out one at a time, never from a list of names.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hubs.language import _
from hubs.spec import pod_security
from hubs.spec.amounts import decimal
from hubs.spec.base import AS_READ, STORED
from hubs.spec.chart import Tree
from hubs.spec.container_sizes import (
    DEFAULT_CPU,
    DEFAULT_MEMORY_MIB,
    OWN_CPU,
    OWN_MEMORY_MIB,
    Bounds,
    quantity,
    too_large,
)
from hubs.spec.followed import followed
from hubs.spec.hub import HubSpec
from hubs.spec.pods import Variant, chosen, containers, listed, mapped, pod, traits, variants
from hubs.spec.profile_words import label
from hubs.spec.quota import too_much
from hubs.spec.trees import Path, get, put, split
from hubs.spec.types import MIB
from hubs.spec.values import to_values

MORE, PROFILES = "more", "singleuser.profileList"
PIECES = ("singleuser.storage.extraVolumeMounts", "singleuser.storage.extraVolumes", "singleuser.initContainers",
          "singleuser.extraContainers")  # fmt: skip
MOST = 5  # sentences per field; more would not help


@dataclass(frozen=True)
class Place:
    """What the checks need to know about a hub's cluster: the Pod Security level of its namespace, and user limits."""

    pod_security: str  # "restricted", "baseline" or "privileged"
    memory_mib: float = 0
    cpu: float = 0
    storage_mib: float = 0
    total_memory_mib: float = 0  # of all servers of a hub; at least the largest user limit


@dataclass(frozen=True)
class Refusal:
    """`path` is the field that shows the message."""

    path: str
    message: str


def bounds(spec: HubSpec, place: Place) -> Bounds:
    """Return the LimitRange of a hub's namespace. It always allows the spec's own sizes, because staff review those."""
    memory = Decimal(max(place.memory_mib, spec.memory_mib, OWN_MEMORY_MIB)) * MIB
    cpu = Decimal(str(max(place.cpu, spec.cpu, OWN_CPU)))
    user = spec.singleuser
    return Bounds(
        memory=memory,
        cpu=cpu,
        storage=Decimal(max(place.storage_mib, spec.storage_mib, 1024)) * MIB,
        default_memory=Decimal(DEFAULT_MEMORY_MIB) * MIB if user.memory.limit else memory,
        default_cpu=Decimal(str(DEFAULT_CPU)) if user.cpu.limit else cpu,
    )


def together(spec: HubSpec, place: Place) -> Decimal:
    """Return the memory that the ResourceQuota of a hub's namespace allows for all servers together, in bytes."""
    return Decimal(max(place.total_memory_mib, spec.seats * spec.memory_mib)) * MIB


def _values(spec: HubSpec, more: Tree) -> Tree:
    return to_values(spec.model_copy(update={"more": followed(more)}))


def _complaints(found: Tree, place: Place, most: Bounds, all_memory: Decimal) -> Iterator[str]:
    """Yield what the cluster refuses about a server with these traits, as sentences in order."""
    made = pod(found)
    level = place.pod_security
    lower, lacking = set(pod_security.refused(made, "baseline")), pod_security.lacking(made)
    for what in (said := pod_security.refused(made, level)):
        yield _refused(what, level, at_every_level=what in lower, lacks=what in lacking)
    yield from pod_security.contradictions(made)
    if not said:
        for what in pod_security.never_runs(made):
            yield _("No server can start with {setting}. Remove it.", setting=what)
    yield from _not_there(made["spec"])
    yield from too_large(made["spec"], most)
    yield from too_much(made["spec"], most, all_memory)
    capacity = quantity(found.get("storage_capacity"))
    if capacity is not None and capacity > most.storage:
        yield _(
            "A home directory of {size} is above the limit of this hub ({limit}).",
            size=found["storage_capacity"],
            limit=f"{decimal(float(most.storage) / 1024**3, 3)} GiB",
        )


def _not_there(spec: Tree) -> Iterator[str]:
    """Yield errors for mounts whose volume the pod does not have."""
    known = {str(one.get("name")) for one in listed(spec.get("volumes"))}
    for container, one in containers(spec):
        for mount in listed(one.get("volumeMounts") or one.get("volume_mounts")):
            name, path = str(mount.get("name")), mount.get("mountPath", mount.get("mount_path"))
            if name not in known:
                yield _no_volume(name[:63], path, "" if container == "notebook" else container, sorted(known))


def _no_volume(name: str, path: Any, container: str, known: list[str]) -> str:
    said = _("The volume “{name}” for {path} does not exist.", name=name, path=path)
    if container:
        said = _(
            "The volume “{name}” for {path} in the container “{container}” does not exist.",
            name=name, path=path, container=container,
        )  # fmt: skip
    if not known:
        return _("{sentence} Add it.", sentence=said)
    return _("{sentence} Add it, or use one of these: {names}.", sentence=said, names=", ".join(known))


def _refused(what: str, level: str, *, at_every_level: bool, lacks: bool) -> str:
    """`lacks`: something is to be added, not removed."""
    said = _(
        "The cluster doesn’t allow {setting}. Its Pod Security level is “{level}”.", setting=what, level=level
    )  # fmt: skip
    if level == "restricted" and not at_every_level:
        if lacks:
            return _("{sentence} Add it, or ask staff to set the cluster’s level to “baseline”.", sentence=said)
        return _("{sentence} Remove it, or ask staff to set the cluster’s level to “baseline”.", sentence=said)
    if lacks:
        return _("{sentence} No hub can use it. Add it.", sentence=said)
    return _("{sentence} No hub can use it. Remove it.", sentence=said)


def refusals(spec: HubSpec, place: Place) -> list[Refusal]:
    """Return everything that this cluster would refuse when a server starts; [] if nothing. Never raises for a valid
    spec."""
    most, all_memory = bounds(spec, place), together(spec, place)
    values = _values(spec, spec.more)

    def of(values: Tree, variant: Variant) -> list[str]:
        return list(dict.fromkeys(_complaints(chosen(traits(values), variant.overrides), place, most, all_memory)))

    def blamed(said: str, variant: Variant) -> Refusal:
        if said in base:
            if field := next((one for one in PIECES if said not in of(_values(emptied(one), spec.more), variant)), ""):
                return Refusal(field, said)
            return Refusal(MORE, _of_more(spec.more, said, lambda more: of(_values(spec, more), variant)))
        return Refusal(PROFILES, _of_choice(variant, said, lambda other: of(values, other)))

    def emptied(field: str) -> HubSpec:
        data = spec.model_dump()
        put(data, split(field), ())
        return HubSpec.model_validate(data, context={**STORED, **AS_READ})

    base = of(values, Variant(""))
    found = dict.fromkeys(blamed(said, variant) for variant in variants(values) for said in of(values, variant))
    kept: list[Refusal] = []
    for refusal in found:
        if sum(one.path == refusal.path for one in kept) < MOST:
            kept.append(refusal)
    return kept


def _settings(more: Tree) -> list[Path]:
    """Return the paths of all settings in a part of values.yaml that affect a server."""
    user = mapped(more.get("singleuser"))
    paths: list[Path] = [("singleuser", key) for key in user if key != "storage"]
    paths += [("singleuser", "storage", key) for key in mapped(user.get("storage"))]
    for section, said in mapped(get(more, ("hub", "config"))).items():
        paths += [("hub", "config", section, key) for key in mapped(said)]
    return paths


def _without(tree: Tree, path: Path) -> Tree:
    found = copy.deepcopy(tree)
    del get(found, path[:-1])[path[-1]]
    return found


def _of_more(more: Tree, said: str, again: Callable[[Tree], list[str]]) -> str:
    to_blame = next((path for path in _settings(more) if said not in again(_without(more, path))), ())
    return _("{setting}: {problem}", setting=".".join(to_blame), problem=said) if to_blame else said


def _of_choice(variant: Variant, said: str, again: Callable[[Variant], list[str]]) -> str:
    for number, override in enumerate(variant.overrides):
        for name in override:
            less = [*variant.overrides]
            less[number] = _without(override, (name,))
            if said not in again(Variant(variant.name, tuple(less))):
                setting = f"{variant.name} › {label(name)}"
                return _("{setting}: {problem}", setting=setting, problem=said)
    return _("{setting}: {problem}", setting=variant.name, problem=said)
