"""From approval to all objects applied, compared with bare server-side applies of the same objects; and a pass over a
hub that is up to date. `python -m bench.kubernetes.create [ROUNDS]`.

With the portal: the approval, and `reconcile` until every object of the release is in the cluster. Bare: the objects of
another hub of the same kind, one by one in the same order, with the same account, by the official client's
DynamicClient (with cached discovery) and by the portal's own client; no database, and no reads. Both retry after 5 ms
while a new permission or quota is not yet effective in the API server.
"""

import gc
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from bench import stack, table
from bench.kubernetes import hubs_of_nobody
from bench.kubernetes.place import Place, approved, official, place

ROUNDS, LOOKS = 15, 30
AGAIN = 0.005  # seconds
Manifest = Mapping[str, Any]


def manifests(hub: Any) -> list[Manifest]:
    """Return all manifests of a hub as sent by the runtime."""
    from provisioning import prepare
    from provisioning.contract import digest
    from provisioning.names import DIGEST

    return [
        {**one, "metadata": {**meta, "annotations": {**meta.get("annotations", {}), DIGEST: digest(one)}}}
        for part in prepare.release(hub).parts
        for one in part.payload.values()
        for meta in [one["metadata"]]
    ]


def with_the_portal(number: int) -> tuple[float, int, Any]:
    """Create a hub with the portal. Return (seconds, passes, hub)."""
    from provisioning import prepare
    from provisioning.reconcile import reconcile
    from provisioning.runtimes import for_cluster

    hub, seconds = approved(number)
    runtime, looks = for_cluster(hub.cluster), 0
    while True:
        begin = time.perf_counter()
        reconcile(hub.pk)
        seconds += time.perf_counter() - begin
        looks += 1
        release = prepare.release(hub)
        seen = runtime.observe(release.target).parts
        if all(part.name in seen and seen[part.name].digest == part.digest for part in release.parts):
            return seconds, looks, hub
        stack.until(lambda: _due(hub), "the hub is due again")


def _due(hub: Any) -> bool:
    from django.utils import timezone

    hub.refresh_from_db()
    return bool(hub.reconcile_after and hub.reconcile_after <= timezone.now())


def bare(sent: list[Manifest], send: Callable[[Manifest], object], not_yet: type[Exception]) -> float:
    """Send all manifests one by one. Return the seconds."""
    begin = time.perf_counter()
    for manifest in sent:
        end = time.perf_counter() + 10
        while True:
            try:
                send(manifest)
                break
            except not_yet:
                if time.perf_counter() > end:
                    raise
                time.sleep(AGAIN)
    return time.perf_counter() - begin


def dynamic(at: Place) -> Callable[[Manifest], object]:
    """Return the official client's server-side apply, after discovery."""
    client = official(at, json.loads(at.cluster.kubeconfig))
    known: dict[tuple[str, str], Any] = {}

    def send(manifest: Manifest) -> object:
        key = manifest["apiVersion"], manifest["kind"]
        if key not in known:
            known[key] = client.resources.get(api_version=key[0], kind=key[1])
        meta = manifest["metadata"]
        return client.server_side_apply(
            known[key], manifest, name=meta["name"], namespace=meta.get("namespace"), field_manager="hubportal",
            force_conflicts=True,
        )  # fmt: skip

    return send


def rounds(at: Place, count: int) -> tuple[dict[str, list[float]], list[int], list[Any]]:
    """Return (seconds by way, passes, hubs). The ways take turns in being first."""
    from kubernetes.client.exceptions import ApiException

    from provisioning.errors import Transient

    send = dynamic(at)
    hubs, looks, number = [], [], 0

    def ours() -> float:
        seconds, looked, hub = with_the_portal(number)
        hubs.append(hub)
        looks.append(looked)
        return seconds

    ways: dict[str, Callable[[], float]] = {
        "DynamicClient, bare loop": lambda: bare(manifests(approved(number)[0]), send, ApiException),
        "the portal’s client, bare loop": lambda: bare(manifests(approved(number)[0]), at.api.apply, Transient),
        "approve -> all objects applied": ours,
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(count + 1):
        names = list(ways)
        for name in names[turn % 3 :] + names[: turn % 3]:
            number += 1
            gc.collect()
            seconds = ways[name]()
            if turn:  # the first one opens connections and fills caches
                found[name].append(seconds)
    return found, looks, hubs


def unchanged(at: Place, hub: Any) -> tuple[list[float], list[float], Any]:
    """Return (seconds of passes, seconds of the same number of bare GETs, requests of one pass). The hub is Ready."""
    from hubs.models import Hub
    from provisioning.reconcile import reconcile

    stack.until(lambda: hubs_of_nobody.run_pods(at, hub), "the hub's pods run", every=0.2)
    at.end_controllers()
    with hubs_of_nobody.front(at) as answers:
        answers.stands_for(hub)
        stack.until(lambda: _ready(hub), "the hub is ready", every=0.2)
        with at.counted() as requests:
            _wake(hub)
            reconcile(hub.pk)
        found, plain = [], []
        for _ in range(LOOKS):
            _wake(hub)
            begin = time.perf_counter()
            reconcile(hub.pk)
            found.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            for _ in range(len(requests)):
                at.api.request("GET", "/version")
            plain.append(time.perf_counter() - begin)
        if Hub.objects.get(pk=hub.pk).status != Hub.Status.READY:
            raise RuntimeError("the hub is no longer ready")
    return found, plain, requests


def _ready(hub: Any) -> bool:
    from provisioning.reconcile import reconcile

    _wake(hub)
    reconcile(hub.pk)
    hub.refresh_from_db()
    return bool(hub.status == "ready")


def _wake(hub: Any) -> None:
    from hubs import wake

    wake.look_again([hub.pk])


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with place() as at:
        found, looks, hubs = rounds(at, count)
        objects = len(manifests(hubs[-1]))
        with at.counted() as made:
            with_the_portal(10**6)
        looked, plain, requests = unchanged(at, hubs[-1])
    base = found["DynamicClient, bare loop"]
    rows = [
        [name, *(f"{1000 * value:.0f} ms" for value in (table.median(s), min(s), max(s))), f"{_ratio(s, base):.2f}"]
        for name, s in found.items()
    ]
    table.show(f"A new hub: {objects} objects, {count} rounds", ["", "median", "best", "worst", "ratio"], rows)
    print(f"  passes per hub: {max(looks)}; requests: {len(made)} ({made}) for {objects} objects (target: at most 1.5)")
    rows = [
        [name, *(f"{1000 * value:.0f} ms" for value in (table.median(s), min(s), max(s)))]
        for name, s in ((f"{len(requests)} bare requests (/version)", plain), ("reconcile", looked))
    ]
    table.show(f"A hub that is up to date, {LOOKS} passes", ["", "median", "best", "worst"], rows)
    print(f"  requests: {len(requests)} ({requests})\n")


def _ratio(ours: list[float], base: list[float]) -> float:
    """Return the median ratio of the pairs."""
    return table.median([one / other for one, other in zip(ours, base, strict=True)])


if __name__ == "__main__":
    main()
