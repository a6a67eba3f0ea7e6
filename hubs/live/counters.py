"""Metrics of workers for /metrics: durations by result. They are stored in Redis, because workers are not scraped, and
operators want the sum over all workers. If Redis loses them, Prometheus treats that as a counter reset.
"""

import bisect
import logging
from collections.abc import Mapping
from dataclasses import dataclass

import redis
from django.conf import settings

from .connecting import breaker, client

log = logging.getLogger(__name__)
KEY = "portal:tally"
_BETWEEN = "|"  # never part of a label


@dataclass(frozen=True)
class Tally:
    """A histogram. Labels take few values: never a hub, a person or an organisation."""

    name: str
    help: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...]  # upper bounds in seconds

    def add(self, seconds: float, *values: str) -> None:
        """Add one observation. Never raises: without Redis it is not counted."""
        if breaker.open:
            return
        place = bisect.bisect_left(self.buckets, seconds)
        bound = str(self.buckets[place]) if place < len(self.buckets) else "+Inf"
        head = _BETWEEN.join((self.name, *values))
        try:
            with breaker.watch(), client(settings.REDIS_URL).pipeline(transaction=False) as pipe:
                pipe.hincrby(KEY, f"{head}{_BETWEEN}{bound}", 1)
                pipe.hincrbyfloat(KEY, f"{head}{_BETWEEN}sum", seconds)
                pipe.execute()
        except redis.RedisError as error:
            log.debug("could not count %s (%s)", self.name, type(error).__name__)

    def read(self, stored: Mapping[str, str]) -> dict[tuple[str, ...], tuple[list[tuple[str, float]], float]]:
        """Return label values -> (cumulative buckets as in Prometheus, sum of seconds)."""
        found: dict[tuple[str, ...], dict[str, float]] = {}
        for field, number in stored.items():
            name, *values, last = field.split(_BETWEEN)
            if name == self.name and len(values) == len(self.labels):
                found.setdefault(tuple(values), {})[last] = float(number)
        return {values: (self._cumulated(counts), counts.get("sum", 0.0)) for values, counts in sorted(found.items())}

    def _cumulated(self, counts: Mapping[str, float]) -> list[tuple[str, float]]:
        so_far, buckets = 0.0, []
        for bound in (*map(str, self.buckets), "+Inf"):
            so_far += counts.get(bound, 0)
            buckets.append((bound, so_far))
        return buckets


TASKS = Tally(
    "hubportal_task_duration_seconds", "Duration of worker tasks.", ("task", "state"),
    (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)  # fmt: skip
LOOKS = Tally(
    "hubportal_reconcile_duration_seconds", "Duration of one reconciliation pass of a hub.", ("result",),
    (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)  # fmt: skip
RUNS = Tally(
    "hubportal_run_duration_seconds", "Duration until a hub was in its desired state.", ("kind", "result"),
    (2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 7200.0),
)  # fmt: skip
WEBHOOKS = Tally(
    "hubportal_webhook_duration_seconds", "Response time of webhook receivers.", ("result",),
    (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)  # fmt: skip
ALL = (TASKS, LOOKS, RUNS, WEBHOOKS)


def stored() -> dict[str, str]:
    """Return all stored counts, in one call. Raise redis.RedisError."""
    found = client(settings.REDIS_URL).hgetall(KEY)
    return {field.decode(): number.decode() for field, number in found.items()}  # type: ignore[union-attr]
