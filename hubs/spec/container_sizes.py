"""Check the sizes of a pod's containers against the LimitRange of its namespace and Kubernetes' rules for requests and
limits. Pure.

Source: Kubernetes 1.36, plugin/pkg/admission/limitranger and ValidateResourceRequirements.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hubs.language import _
from hubs.spec.amounts import amount, decimal
from hubs.spec.chart import Tree
from hubs.spec.pods import containers, mapped

GIB = 1024**3
# Defaults of containers, and what hub and proxy need: rendered by provisioning.render.kubernetes.files.
DEFAULT_MEMORY_MIB, DEFAULT_CPU, OWN_MEMORY_MIB, OWN_CPU = 512, 2.0, 3072, 2.0
_POWERS = {"n": "1e-9", "u": "1e-6", "m": "1e-3", "": "1", "k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12", "P": "1e15",
           "E": "1e18"}  # fmt: skip
_FACTORS = {name: Decimal(text) for name, text in _POWERS.items()}
_FACTORS |= {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)}
_QUANTITY = re.compile(r"\+?(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?")


@dataclass(frozen=True)
class Bounds:
    """Maximum and default sizes of a hub's container, and the largest home directory: in bytes and cores."""

    memory: Decimal
    cpu: Decimal
    storage: Decimal
    default_memory: Decimal
    default_cpu: Decimal


def quantity(value: Any) -> Decimal | None:
    """Return a Kubernetes quantity ("500m", "1.5Gi", 2) as a number, or None if it is invalid."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    match = _QUANTITY.fullmatch(str(value))
    if not match:
        return None
    suffix = match[2] or ""
    return Decimal(match[1]) * (Decimal(f"1{suffix}") if suffix[:1] in "eE" and suffix[1:] else _FACTORS[suffix])


def _text(name: str, size: Decimal) -> str:
    if name == "cpu":
        return amount(float(f"{float(size):.3g}"), "cores")
    return f"{decimal(float(size) / GIB, 3)} GiB"


def too_large(spec: Tree, bounds: Bounds) -> Iterator[str]:
    """Yield why the API server would refuse the sizes of a pod's containers, as sentences in order."""
    for name, one in containers(spec):
        said = mapped(one.get("resources"))
        limits, requests = mapped(said.get("limits")), mapped(said.get("requests"))
        for kind, most, default in (("memory", bounds.memory, bounds.default_memory),
                                    ("cpu", bounds.cpu, bounds.default_cpu)):  # fmt: skip
            limit, request = quantity(limits.get(kind)), quantity(requests.get(kind))
            if limit is not None and limit > most:
                yield _above_most(kind, name, _text(kind, limit), _text(kind, most))
            elif limit is not None and request is not None and request > limit:
                yield _above_limit(kind, name, _text(kind, request), _text(kind, limit))
            elif limit is None and request is not None and request > min(default, most):
                yield _above_default(kind, name, _text(kind, request), _text(kind, min(default, most)))
        yield from _of_others(name, limits, requests)


def _above_most(kind: str, name: str, size: str, most: str) -> str:
    if kind == "cpu":
        return _(
            "The CPU limit of container “{name}” is {size}. A container of this hub can have at most {most}.",
            name=name, size=size, most=most,
        )  # fmt: skip
    return _(
        "The memory limit of container “{name}” is {size}. A container of this hub can have at most {most}.",
        name=name, size=size, most=most,
    )  # fmt: skip


def _above_limit(kind: str, name: str, size: str, limit: str) -> str:
    if kind == "cpu":
        return _(
            "The CPU request of container “{name}” ({size}) is above its limit ({limit}). Change one of them.",
            name=name, size=size, limit=limit,
        )  # fmt: skip
    return _(
        "The memory request of container “{name}” ({size}) is above its limit ({limit}). Change one of them.",
        name=name, size=size, limit=limit,
    )  # fmt: skip


def _above_default(kind: str, name: str, size: str, limit: str) -> str:
    if kind == "cpu":
        return _(
            "The CPU request of container “{name}” ({size}) is above the default limit ({limit}). Set a limit.",
            name=name, size=size, limit=limit,
        )  # fmt: skip
    return _(
        "The memory request of container “{name}” ({size}) is above the default limit ({limit}). Set a limit.",
        name=name, size=size, limit=limit,
    )  # fmt: skip


def _of_others(name: str, limits: Tree, requests: Tree) -> Iterator[str]:
    """Check GPUs and other extended resources, which are never shared: the request must equal the limit."""
    for kind in sorted({*limits, *requests}):
        if "/" not in kind or kind.startswith("kubernetes.io/"):
            continue
        limit, request = quantity(limits.get(kind)), quantity(requests.get(kind))
        if limit is None:
            yield _(
                "Container “{name}” requests {resource} without a limit. Set a limit of the same number.",
                name=name, resource=kind,
            )  # fmt: skip
        elif request is not None and request != limit:
            yield _(
                "Container “{name}” requests {count} {resource} with a limit of {limit}. They must be equal.",
                name=name, count=request, resource=kind, limit=limit,
            )  # fmt: skip
