"""Sizes from a node: a ladder of choices that fill it exactly, so that no memory lies idle and nobody is evicted.

Step k of the ladder is for 2**k servers on a node. What they are guaranteed fits together in what the node can give.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hubs.spec.types import MIB, memory_text

GIB = 1024 * MIB
MOST_STEPS = 7  # 64 servers; a node runs 110 pods, and the system has some
SMALLEST = 64 * MIB  # a notebook needs at least that: hubs.spec.types
LARGEST = 64 * 1024 * GIB
MOST_CORES = 1024
HUNDREDTH = 100  # cores are given in hundredths

# What Google's managed Kubernetes keeps of a node for the system: so much of the first bytes, less of the next.
# https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes
_OF_MEMORY = ((4 * GIB, 25), (4 * GIB, 20), (8 * GIB, 10), (112 * GIB, 6), (LARGEST, 2))  # (bytes, percent)
_EVICTION = 100 * MIB
_OF_CORES = ((1, 600), (1, 100), (2, 50), (MOST_CORES, 25))  # (cores, hundredths of a percent)


class LadderError(ValueError):
    """What cannot be, as a sentence, and the field it is about."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Rung:
    """One size: `servers` of it fit on a node. Memory in bytes, CPU in cores."""

    servers: int
    mem_guarantee: int
    mem_limit: int
    cpu_guarantee: float
    cpu_limit: float

    @property
    def name(self) -> str:
        """As people read it: what they have for sure, and what they can have."""
        sure, most = f"{gib(self.mem_guarantee)} GiB", f"up to {self.cpu_limit:g} CPU"
        return f"{sure}, {most}" if self.mem_limit == self.mem_guarantee else (
            f"{sure}, up to {gib(self.mem_limit)} GiB and {self.cpu_limit:g} CPU"
        )  # fmt: skip

    @property
    def key(self) -> str:
        return f"mem_{gib(self.mem_guarantee).replace('.', '_')}"

    def override(self) -> dict[str, Any]:
        """As `kubespawner_override` says it."""
        return {
            "mem_guarantee": memory_text(self.mem_guarantee),
            "mem_limit": memory_text(self.mem_limit),
            "cpu_guarantee": self.cpu_guarantee,
            "cpu_limit": self.cpu_limit,
        }


def gib(size: int) -> str:
    """Bytes as people say them, never more than there is: "14.5", "0.43"."""
    digits = 1 if size >= GIB else 2
    scale = 10**digits
    return f"{size * scale // GIB / scale:g}"


def usual_reserve(memory: int, cores: float) -> tuple[int, float]:
    """(bytes, cores) that the system of such a node usually needs for itself; an offer, not a rule."""
    kept, left = _EVICTION, memory
    for part, percent in _OF_MEMORY:
        kept += min(left, part) * percent // 100
        left = max(0, left - part)
    kept_cores, left_cores = Fraction(0), Fraction(cores)
    for some, share in _OF_CORES:
        kept_cores += min(left_cores, Fraction(some)) * share / 10_000
        left_cores = max(Fraction(0), left_cores - some)
    return min(memory, -(-kept // (64 * MIB)) * 64 * MIB), float(-(-kept_cores * HUNDREDTH // 1) / HUNDREDTH)


def ladder(
    memory: int, cores: float, *, reserved_memory: int = 0, reserved_cores: float = 0, steps: int = 4, factor: float = 1
) -> list[Rung]:
    """The sizes, smallest first. `memory` and `reserved_memory` in bytes; a server may use `factor` times what it is
    guaranteed, never more than the node can give. Raises LadderError."""
    if not 0 < memory <= LARGEST:
        raise LadderError("memory", "Write the memory of one node in GiB, such as 32.")
    if not 0 < cores <= MOST_CORES:
        raise LadderError("cores", "Write the cores of one node, such as 4.")
    if not 0 <= reserved_memory < memory:
        raise LadderError("reserved_memory", "This leaves nothing for people’s servers.")
    if not 0 <= reserved_cores < cores:
        raise LadderError("reserved_cores", "This leaves nothing for people’s servers.")
    if not 1 <= steps <= MOST_STEPS:
        raise LadderError("steps", f"Between 1 and {MOST_STEPS} sizes.")
    if not 1 <= factor <= 10:
        raise LadderError("factor", "Between 1 (no more than is guaranteed) and 10.")
    bytes_free, hundredths = memory - reserved_memory, int((Fraction(cores) - Fraction(reserved_cores)) * HUNDREDTH)
    all_cores = (hundredths // 10 * 10 if hundredths >= HUNDREDTH else hundredths) / HUNDREDTH  # 3.9 reads well
    rungs = []
    for servers in reversed([2**step for step in range(steps)]):
        sure = bytes_free // servers // MIB * MIB
        if sure < SMALLEST or not hundredths // servers:
            raise LadderError("steps", "Too many sizes: the smallest would be too small for a notebook.")
        most = min(int(sure * Fraction(factor)), bytes_free) // MIB * MIB
        cpu = min(hundredths // servers / HUNDREDTH, all_cores)
        rungs.append(Rung(servers, sure, most, cpu, all_cores))
    return rungs
