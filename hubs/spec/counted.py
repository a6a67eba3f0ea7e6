"""The maximum and the guaranteed resources of a hub, read from its effective values, so that a size counts wherever it
was written: in a field, a server option or a trait, as a Kubernetes resource, in an extra container. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hubs.spec.chart import Tree
from hubs.spec.container_sizes import quantity
from hubs.spec.hub import HubSpec
from hubs.spec.pods import by_class
from hubs.spec.trees import get
from hubs.spec.types import MIB, memory_bytes

MOST = 2**60  # bytes; larger values are mistakes, and this is too large as well


@dataclass(frozen=True)
class Counted:
    """`seats` servers can run at once (`bounded`: because of a limit). The maximum memory, CPU and storage of each, and
    what is guaranteed to it (`set_aside_`)."""

    seats: int
    bounded: bool
    memory_mib: int
    cpu: float
    storage_mib: int
    set_aside_mib: float
    set_aside_cpu: float


def counted(spec: HubSpec) -> Counted:
    """Return the sizes of the largest server among all server options."""
    tree = spec.effective
    said = [by_class(tree), *overrides(tree)]
    servers = [_base(tree), *said]
    limit = get(tree, ("hub", "activeServerLimit"))
    sized = get(tree, ("singleuser", "storage", "type"), "dynamic") == "dynamic"
    capacity = get(tree, ("singleuser", "storage", "capacity"), "10Gi")
    homes = [capacity, *(one.get("storage_capacity") for one in said)] if sized else []
    return Counted(
        seats=limit if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0 else spec.about.heads,
        bounded=bool(limit),
        memory_mib=math.ceil(_most(servers, "memory", ("mem_limit", "mem_guarantee"), _bytes) / MIB),
        cpu=_most([{**servers[0], "cpu_guarantee": None}, *said], "cpu", ("cpu_limit", "cpu_guarantee"), _cores),
        storage_mib=max((math.ceil(_quantity(one) / MIB) for one in homes), default=0),
        set_aside_mib=_most(servers, "memory", ("mem_guarantee",), _bytes, ("guarantees", "requests")) / MIB,
        set_aside_cpu=_most(servers, "cpu", ("cpu_guarantee",), _cores, ("guarantees", "requests")),
    )


# --- where sizes are --------------------------------------------------------------------------------------------------
def _map(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}


def _base(tree: Tree) -> Tree:
    """Return a server without server options, in the shape of a `kubespawner_override`."""
    user = _map(tree.get("singleuser"))
    memory, cpu, more = (_map(user.get(name)) for name in ("memory", "cpu", "extraResource"))
    return {
        "mem_limit": memory.get("limit"), "mem_guarantee": memory.get("guarantee"), "cpu_limit": cpu.get("limit"),
        "cpu_guarantee": cpu.get("guarantee"), "extra_resource_limits": more.get("limits"),
        "extra_resource_guarantees": more.get("guarantees"), "extra_containers": user.get("extraContainers"),
        "extra_pod_config": user.get("extraPodConfig"),
    }  # fmt: skip


def overrides(tree: Tree) -> Iterator[Tree]:
    """Yield the override of every profile and choice."""
    profiles = get(tree, ("singleuser", "profileList"))
    for profile in profiles if isinstance(profiles, list) else ():
        yield _map(_map(profile).get("kubespawner_override"))
        for option in _map(_map(profile).get("profile_options")).values():
            for choice in (*_map(_map(option).get("choices")).values(), _map(option).get("unlisted_choice")):
                yield _map(_map(choice).get("kubespawner_override"))


def _resources(override: Tree, kinds: tuple[str, ...]) -> Iterator[Tree]:
    """Yield the Kubernetes resources of the server's own container."""
    for kind in kinds:
        yield _map(override.get(f"extra_resource_{kind}"))
        yield _map(get(override, ("extra_container_config", "resources", kind)))


def _beside(override: Tree, kind: str, kinds: tuple[str, ...]) -> float:
    """Return what the extra containers take together."""
    lists = (override.get("extra_containers"), get(override, ("extra_pod_config", "containers")))
    found = [one for listed in lists if isinstance(listed, list) for one in listed]
    return sum(
        max((_quantity(_map(get(one, ("resources", name))).get(kind)) for name in kinds), default=0) for one in found
    )


def _most(
    servers: list[Tree], kind: str, own: tuple[str, ...], read: Any,
    kinds: tuple[str, ...] = ("limits", "guarantees", "requests"),
) -> float:  # fmt: skip
    found, beside = 0.0, 0.0
    for override in servers:
        sizes = [read(override.get(name)) for name in own]
        sizes += [_quantity(resources.get(kind)) for resources in _resources(override, kinds)]
        found = max(found, *sizes)
        beside = max(beside, _beside(override, kind, kinds))
    return min(found + beside, MOST)


# --- one size ---------------------------------------------------------------------------------------------------------
def _number(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return max(float(value), 0) if is_number else 0


def _bytes(value: Any) -> float:
    try:
        return memory_bytes(value) if isinstance(value, str) else _number(value)
    except (ValueError, OverflowError):
        return 0


def _cores(value: Any) -> float:
    return _number(value)


def _quantity(value: Any) -> float:
    """Return a Kubernetes quantity in bytes or cores ("500m"), 0 if it is invalid."""
    return float(quantity(value) or 0)
