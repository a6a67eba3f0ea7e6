"""Shares of this worker's threads. A hub, organisation or cluster that hangs only blocks its own share until its calls
end; other hubs are processed meanwhile (hubs/live/bulkhead.py, docs/decisions/023)."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from hubs.live.bulkhead import Limits, Shares, share
from hubs.models import Cluster, Hub, Organization

places = Shares()
_threads = 4  # of the worker in which this runs; set by portal/celery.py


def set_threads(number: int) -> None:
    global _threads
    _threads = number


def of_cluster(cluster_id: int) -> dict[Hashable, int]:
    others = Cluster.objects.exclude(pk=cluster_id).exists()
    return {"all": share(_threads, False), ("cluster", cluster_id): share(_threads, others)}


def of_hub(hub_id: int) -> dict[Hashable, int]:
    """Return the limits for a hub; {} if it no longer exists."""
    found = Hub.objects.filter(pk=hub_id).values_list("cluster_id", "organization_id").first()
    if found is None:
        return {}
    others = Organization.objects.exclude(pk=found[1]).exists()
    return {**of_cluster(found[0]), ("organization", found[1]): share(_threads, others)}


def outside() -> dict[Hashable, int]:
    """Return the limit for webhook receivers and name servers: together at most a quarter of the threads."""
    return {"outside": max(1, _threads // 4)}


@contextmanager
def place(limits: Limits, work: Hashable, again: Callable[[], object]) -> Iterator[bool]:
    """Hold a share for the block. Yield False if there is none now; `again` is called when there is one."""
    with places.hold(limits, name=work, again=again) as held:
        yield held
