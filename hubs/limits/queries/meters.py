"""Meters of shared limits, and the result of the policy for a request."""

from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Any

from hubs.days.queries import day_text


@dataclass(frozen=True)
class Meter:
    """One shared limit: allocated, added by a change, and the limit. Each as a number and as text.

    Values are of today, or of `day`: for a change, the day with the least remaining. `running` is what runs now, `peak`
    the highest value that is allocated on a later day (`peak_day`), if higher than today's.
    """

    name: str
    label: str
    used: int
    adds: int
    limit: int
    used_text: str
    adds_text: str
    limit_text: str
    total_text: str = ""
    day: date | None = None
    running: int | None = None
    running_text: str = ""
    peak: int | None = None
    peak_text: str = ""
    peak_day: date | None = None

    @property
    def over(self) -> bool:
        return self.adds > 0 and self.used + self.adds > self.limit

    @property
    def excess(self) -> float:
        return (self.used + self.adds) / self.limit if self.limit else inf

    @property
    def day_text(self) -> str:
        return day_text(self.day) if self.day else ""

    @property
    def peak_day_text(self) -> str:
        return day_text(self.peak_day) if self.peak_day else ""


@dataclass(frozen=True)
class Finding:
    """One reason why a request needs review. `path` is the field that it belongs to, or ""."""

    code: str  # "over:memory_per_user_mib", "novel:sign-in"
    path: str
    message: str
    excess: float = 0  # how many times the limit is requested, to show the largest first


@dataclass(frozen=True)
class Assessment:
    findings: tuple[Finding, ...]
    meters: tuple[Meter, ...]

    @property
    def routine(self) -> bool:
        return not self.findings

    def as_data(self) -> dict[str, Any]:
        """Return the data that is stored with the request."""
        return {"routine": self.routine, "findings": [f.message for f in self.findings]}
