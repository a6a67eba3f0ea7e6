"""Three ways to use a cluster with the official client, with the same work: its typed models, its DynamicClient, and
plain dicts (provisioning/runtimes/kubernetes/client.py). `python -m bench.kubernetes.clients`.

CPU time is that of this process: the cost for a worker, independent of other load.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import yaml

from bench import table
from bench.kubernetes.place import Place, official, place

APPLIES, LISTS, OBJECTS = 200, 15, 500
HOME = "bench-clients"
CONFIG_MAP = "v1", "ConfigMap"
Work = Callable[[], object]


def config_map(number: int) -> dict[str, Any]:
    meta = {"name": f"one-{number}", "namespace": HOME, "labels": {"app": "bench"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"values.json": "x" * 2000}}


def works(at: Place) -> dict[str, tuple[int, dict[str, Work]]]:
    """Return task -> (repetitions, way -> function). As the cluster's admin: the objects belong to no hub."""
    from kubernetes import client, config

    from provisioning.runtimes.kubernetes.kinds import KINDS

    given = at.kube.admin_kubeconfig()
    typed = client.CoreV1Api(config.new_client_from_config_dict(given))
    dynamic = official(at, given)
    maps, one, kind = dynamic.resources.get(api_version="v1", kind="ConfigMap"), config_map(1), KINDS["ConfigMap"]
    at.admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME}})
    for number in range(OBJECTS):
        at.admin.apply(config_map(number))
    return {
        "an apply": (APPLIES, {
            "typed models": lambda: typed.patch_namespaced_config_map(
                "one-1", HOME, one, field_manager="hubportal", force=True, _content_type="application/apply-patch+yaml"
            ),
            "DynamicClient": lambda: dynamic.server_side_apply(
                maps, one, name="one-1", namespace=HOME, field_manager="hubportal", force_conflicts=True
            ),
            "plain dicts": lambda: at.admin.apply(one),
        }),
        f"a list of {OBJECTS}": (LISTS, {
            "typed models": lambda: typed.list_namespaced_config_map(HOME),
            "DynamicClient": lambda: maps.get(namespace=HOME),
            "plain dicts": lambda: at.admin.list(kind, HOME),
        }),
    }  # fmt: skip


def measured(times: int, ways: dict[str, Work]) -> dict[str, tuple[list[float], list[float]]]:
    """Return way -> (CPU seconds, elapsed seconds) of each repetition; the ways take turns."""
    found: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in ways}
    for turn in range(times + 1):
        for name, work in ways.items():
            busy, begin = time.process_time(), time.perf_counter()
            work()
            if turn:
                found[name][0].append(time.process_time() - busy)
                found[name][1].append(time.perf_counter() - begin)
    return found


def discovered(at: Place) -> tuple[float, int]:
    """Return (seconds, requests) of a new DynamicClient's discovery of the kinds of a hub."""
    begin = time.perf_counter()
    with at.counted() as requests:
        client = official(at, yaml.safe_load(at.cluster.kubeconfig))
        for version, kind in (CONFIG_MAP, ("apps/v1", "Deployment"), ("networking.k8s.io/v1", "NetworkPolicy")):
            client.resources.get(api_version=version, kind=kind)
        seconds = time.perf_counter() - begin
    return seconds, len(requests)


def resident(imported: str) -> int:
    """Return the resident bytes of a Python that has imported a module."""
    say = "import psutil; print(psutil.Process().memory_info().rss)"
    done = subprocess.run([sys.executable, "-c", f"import {imported}; {say}"], capture_output=True, check=True)
    return int(done.stdout)


def main() -> None:
    with place() as at:
        seconds, requests = discovered(at)
        for what, (times, ways) in works(at).items():
            rows = [
                [name, f"{1000 * table.median(busy):.2f} ms", f"{1000 * table.median(clock):.2f} ms"]
                for name, (busy, clock) in measured(times, ways).items()
            ]
            table.show(f"{what.capitalize()}, {times} times", ["", "CPU", "elapsed"], rows)
    print(f"  discovery of the DynamicClient: {1000 * seconds:.0f} ms, {requests} requests")
    print(f"  memory of the official client’s modules: {(resident('kubernetes') - resident('json')) / 2**20:.0f} MiB\n")


if __name__ == "__main__":
    main()
