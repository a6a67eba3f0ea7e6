"""Check one server against the limit for all servers of its hub: the ResourceQuota of the namespace. Pure.

Source: Kubernetes 1.36, pkg/quota/v1/evaluator/core/pods.go, and PodLimits of component-helpers.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hubs.language import _
from hubs.spec.amounts import decimal
from hubs.spec.chart import Tree
from hubs.spec.container_sizes import GIB, Bounds, quantity
from hubs.spec.pods import listed, mapped
from hubs.spec.trees import get

CLAIMED = ("ephemeral", "volumeClaimTemplate", "spec", "resources", "requests", "storage")


def _memory(one: Tree) -> Decimal | None:
    return quantity(get(one, ("resources", "limits", "memory")))


def memory_of(spec: Tree, bounds: Bounds) -> Decimal:
    """Return the bytes that a pod counts for: all its containers, or its init containers while it starts, whichever is
    more. Pod-level resources replace both."""
    if (whole := _memory(spec)) is not None:
        return whole

    def limit(one: Tree) -> Decimal:
        said = _memory(one)
        return bounds.default_memory if said is None else said

    beside = starting = Decimal(0)  # sidecars, and the maximum while it starts
    for one in listed(spec.get("initContainers")):
        if one.get("restartPolicy") == "Always":
            beside += limit(one)
            starting = max(starting, beside)
        else:
            starting = max(starting, beside + limit(one))
    running = beside + sum((limit(one) for one in listed(spec.get("containers"))), Decimal(0))
    overhead = quantity(mapped(spec.get("overhead")).get("memory")) or 0
    return max(running, starting) + overhead


def _text(size: Any) -> str:
    return f"{decimal(float(size) / GIB)} GiB"


def too_much(spec: Tree, bounds: Bounds, together: Decimal) -> Iterator[str]:
    """Yield why a server with this pod, even as the only one, could not start or get its volumes. In order."""
    whole = memory_of(spec, bounds)
    if whole > together:
        yield _(
            "One server needs {size} of memory with all its containers, but the limit for all servers of this hub is "
            "{limit}. Lower it, or ask staff to raise your organisation’s limit.",
            size=_text(whole),
            limit=_text(together),
        )
    for one in listed(spec.get("volumes")):
        size = quantity(get(one, CLAIMED))
        if size is not None and size > bounds.storage:
            yield _(
                "Volume “{name}” of {size} is larger than the limit for a volume of this hub ({limit}). "
                "Make it smaller.",
                name=one.get("name", ""),
                size=_text(size),
                limit=_text(bounds.storage),
            )
