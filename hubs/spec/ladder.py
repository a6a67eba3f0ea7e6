"""Sizes for a node: a ladder of choices that fill it exactly, so that no memory is wasted and no server is evicted.

Step k of the ladder is for 2**k servers per node. Their guarantees together fit into the available resources.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hubs.language import _, number
from hubs.spec.types import MIB, memory_text

GIB = 1024 * MIB
MOST_STEPS = 7  # 64 servers; a node runs 110 pods, and the system has some
SMALLEST = 64 * MIB  # the minimum for a notebook (hubs.spec.types)
LARGEST = 64 * 1024 * GIB
MOST_CORES = 1024
HUNDREDTH = 100  # cores are given in hundredths

# What Google Kubernetes Engine reserves on a node for the system: a share that falls with the size.
# https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes
_OF_MEMORY = ((4 * GIB, 25), (4 * GIB, 20), (8 * GIB, 10), (112 * GIB, 6), (LARGEST, 2))  # (bytes, percent)
_EVICTION = 100 * MIB
_OF_CORES = ((1, 600), (1, 100), (2, 50), (MOST_CORES, 25))  # (cores, hundredths of a percent)


class LadderError(ValueError):
    """An invalid value: a sentence, and its field."""

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
        """The label: what is guaranteed, and the limits."""
        sure, most, cpu = _shown(self.mem_guarantee), _shown(self.mem_limit), number(float(f"{self.cpu_limit:g}"))
        if self.mem_limit == self.mem_guarantee:
            return _("{guaranteed} GiB, up to {cpu} CPU", guaranteed=sure, cpu=cpu)
        return _("{guaranteed} GiB, up to {limit} GiB and {cpu} CPU", guaranteed=sure, limit=most, cpu=cpu)

    @property
    def key(self) -> str:
        return f"mem_{gib(self.mem_guarantee).replace('.', '_')}"

    def override(self) -> dict[str, Any]:
        """Return the size as `kubespawner_override`."""
        return {
            "mem_guarantee": memory_text(self.mem_guarantee),
            "mem_limit": memory_text(self.mem_limit),
            "cpu_guarantee": self.cpu_guarantee,
            "cpu_limit": self.cpu_limit,
        }


def gib(size: int) -> str:
    """Return bytes in GiB as text, rounded down: "14.5", "0.43"."""
    digits = 1 if size >= GIB else 2
    scale = 10**digits
    return f"{size * scale // GIB / scale:g}"


def _shown(size: int) -> str:
    """Return the same in the language's digits: "14.5" or "14,5"."""
    return number(float(gib(size)))


def usual_reserve(memory: int, cores: float) -> tuple[int, float]:
    """Return the (bytes, cores) that the system of such a node usually needs, as a suggestion."""
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
    """Return the sizes, smallest first. `memory` and `reserved_memory` are in bytes; the limit of a server is `factor`
    times its guarantee, at most what is available on the node. Raise LadderError for invalid values."""
    if not 0 < memory <= LARGEST:
        raise LadderError("memory", _("Enter the memory of one node in GiB, such as 32."))
    if not 0 < cores <= MOST_CORES:
        raise LadderError("cores", _("Enter the number of CPU cores of one node, such as 4."))
    if not 0 <= reserved_memory < memory:
        raise LadderError("reserved_memory", _("This leaves nothing for people’s servers. Enter a lower value."))
    if not 0 <= reserved_cores < cores:
        raise LadderError("reserved_cores", _("This leaves nothing for people’s servers. Enter a lower value."))
    if not 1 <= steps <= MOST_STEPS:
        raise LadderError("steps", _("Enter a number of sizes from 1 to {most}.", most=MOST_STEPS))
    if not 1 <= factor <= 10:
        raise LadderError("factor", _("Enter a number from 1 (no more than is guaranteed) to 10."))
    bytes_free, hundredths = memory - reserved_memory, int((Fraction(cores) - Fraction(reserved_cores)) * HUNDREDTH)
    all_cores = (hundredths // 10 * 10 if hundredths >= HUNDREDTH else hundredths) / HUNDREDTH  # 3.9 reads well
    rungs = []
    for servers in reversed([2**step for step in range(steps)]):
        sure = bytes_free // servers // MIB * MIB
        if sure < SMALLEST or not hundredths // servers:
            raise LadderError("steps", _("The smallest size would be too small for a notebook. Enter fewer sizes."))
        most = min(int(sure * Fraction(factor)), bytes_free) // MIB * MIB
        cpu = min(hundredths // servers / HUNDREDTH, all_cores)
        rungs.append(Rung(servers, sure, most, cpu, all_cores))
    return rungs
