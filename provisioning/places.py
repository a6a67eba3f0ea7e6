"""Who may have how many of this worker's threads. A hub, an organisation or a cluster that hangs holds its share until
its questions end; the others' hubs are made meanwhile (hubs/live/bulkhead.py, docs/decisions/023)."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from hubs.live.bulkhead import Limits, Shares, share
from hubs.models import Cluster, Hub, Organization

places = Shares()
_threads = 4  # as the worker that runs us has it; portal/celery.py says


def set_threads(number: int) -> None:
    global _threads
    _threads = number


def of_cluster(cluster_id: int) -> dict[Hashable, int]:
    others = Cluster.objects.exclude(pk=cluster_id).exists()
    return {"all": share(_threads, False), ("cluster", cluster_id): share(_threads, others)}


def of_hub(hub_id: int) -> dict[Hashable, int]:
    """{} for a hub that is gone."""
    found = Hub.objects.filter(pk=hub_id).values_list("cluster_id", "organization_id").first()
    if found is None:
        return {}
    others = Organization.objects.exclude(pk=found[1]).exists()
    return {**of_cluster(found[0]), ("organization", found[1]): share(_threads, others)}


def outside() -> dict[Hashable, int]:
    """Receivers of webhooks and name servers: slow ones hold a quarter of the threads together."""
    return {"outside": max(1, _threads // 4)}


@contextmanager
def place(limits: Limits, work: Hashable, again: Callable[[], object]) -> Iterator[bool]:
    """A thread's place for the block. False: there is none now, and `again` is called when there is."""
    with places.hold(limits, name=work, again=again) as held:
        yield held
