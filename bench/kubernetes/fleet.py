"""A thousand hubs in one cluster: the cost of a check without changes, of finding and repairing ten changed hubs, and
the time until a manual change is repaired. `python -m bench.kubernetes.fleet [HUBS]`; some minutes, mostly for creating
hubs.

No controller and no kubelet runs meanwhile: the hubs' pods exist only in the API server, and one small server responds
for the hubs that are observed. Workers and watcher are real processes, started as by the portal.
"""

import json
import statistics
import subprocess
import sys
import time
from typing import Any

import psutil

from bench import stack, table
from bench.kubernetes import hubs_of_nobody, thousand
from bench.kubernetes.hubs_of_nobody import MERGE
from bench.kubernetes.place import Place, place

HUBS, DRIFTED, ROUNDS, EDITS = 1000, 10, 7, 10
MIB = 1024 * 1024


# --- no changes -------------------------------------------------------------------------------------------------------
def unchanged(at: Place) -> dict[str, Any]:
    """Return the output of bench.kubernetes.look, and the requests of one check."""
    from provisioning import fleet

    command = [sys.executable, "-m", "bench.kubernetes.look", str(at.cluster.pk), str(ROUNDS)]
    done = subprocess.run(command, cwd=stack.ROOT, env=at.portal.env, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise RuntimeError(done.stderr)
    with at.counted() as requests:
        fleet.check(at.cluster)
    return {**json.loads(done.stdout.splitlines()[-1]), "requests": requests}


# --- manual changes ---------------------------------------------------------------------------------------------------
EDITS_BY_HAND: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("configmaps/hub", "/api/v1", {"data": {"values.json": "{}"}}),
    ("services/proxy-public", "/api/v1", {"spec": {"selector": {"component": "nobody"}}}),
    ("ingresses/hub", "/apis/networking.k8s.io/v1", {"spec": {"ingressClassName": "other"}}),
    ("networkpolicies/hub", "/apis/networking.k8s.io/v1", None),  # removed
    ("limitranges/hub", "/api/v1", {"spec": {"limits": []}}),
)


def path_of(hub: Any, number: int) -> str:
    from provisioning import names

    what, api, _ = EDITS_BY_HAND[number % len(EDITS_BY_HAND)]
    return f"{api}/namespaces/{names.namespace(hub.slug, hub.uid)}/{what}"


def edit(at: Place, hub: Any, number: int) -> str:
    """Change one of the hub's objects manually. Return its path."""
    path, change = path_of(hub, number), EDITS_BY_HAND[number % len(EDITS_BY_HAND)][2]
    if change is None:
        at.admin.request("DELETE", path)
    else:
        at.admin.request("PATCH", path, {"fieldManager": "kubectl-edit"}, change, MERGE)
    return path


def content(at: Place, path: str) -> Any:
    """Return the content of an object; None if it does not exist."""
    from provisioning.errors import Missing

    try:
        live = at.admin.request("GET", path)
    except Missing:
        return None
    return live.get("data"), live.get("spec")


def drifted(at: Place, hubs: list[Any]) -> dict[str, Any]:
    """Return seconds and requests for finding and repairing changed hubs, one by one in this process."""
    from provisioning import fleet

    before = [content(at, path_of(hub, n)) for n, hub in enumerate(hubs)]
    paths = [edit(at, hub, n) for n, hub in enumerate(hubs)]
    with at.counted() as finding:
        found, woken = thousand.timed(lambda: fleet.check(at.cluster))
    if woken != len(hubs):
        raise RuntimeError(f"{woken} hubs were woken, {len(hubs)} were edited")
    with at.counted() as mending:
        mended, _ = thousand.timed(lambda: _look_at(hubs))
    if [content(at, path) for path in paths] != before:
        raise RuntimeError("not everything was restored")
    stack.until(lambda: _settled(hubs), "the edited hubs are ready again")
    return {"found": found, "finding": finding, "mended": mended, "mending": mending}


def _look_at(hubs: list[Any]) -> None:
    from provisioning.reconcile import reconcile

    for hub in hubs:
        reconcile(hub.pk)


def _settled(hubs: list[Any]) -> bool:
    """Reconcile hubs that are due, as a worker would. Return whether all are Ready."""
    from django.utils import timezone

    from hubs.models import Hub
    from provisioning.reconcile import reconcile

    mine = Hub.objects.filter(pk__in=[hub.pk for hub in hubs])
    for pk in mine.filter(reconcile_after__lte=timezone.now()).values_list("pk", flat=True):
        reconcile(pk)
    return not mine.exclude(status="ready").exists()


# --- the watcher ------------------------------------------------------------------------------------------------------
def watched(at: Place, hubs: list[Any]) -> tuple[list[float], dict[str, int]]:
    """Return (seconds from each change to its repair, resident bytes of the watcher)."""
    from portal.run import processes

    sizes = {"without a cluster": _watcher_of_nothing(at)}
    worker = next(child for child in processes(at.portal.port) if child.name == "worker")
    at.portal.start("worker", worker.argv)
    at.portal.start("watcher", [sys.executable, "manage.py", "watch"])
    watcher = psutil.Process(at.portal.running["watcher"].pid)
    repaired(at, hubs[0], 0, 60)  # until both have started
    found = []
    for number, hub in enumerate(hubs):
        stack.until(lambda: _quiet(hubs), "all hubs are ready")
        found.append(repaired(at, hub, number, 30))
    sizes["with the fleet"] = watcher.memory_info().rss
    return found, sizes


def _watcher_of_nothing(at: Place) -> int:
    """Return the resident bytes of a watcher without clusters."""
    from hubs.models import Cluster

    alive = at.portal.var / "alive"
    Cluster.objects.filter(pk=at.cluster.pk).update(runtime="memory")
    try:
        at.portal.start("idle", [sys.executable, "manage.py", "watch", "--alive", str(alive)])
        stack.until(alive.exists, "a watcher runs")
        idle = at.portal.running.pop("idle")
        size = int(psutil.Process(idle.pid).memory_info().rss)
        idle.terminate()
        idle.wait(20)
        return size
    finally:
        Cluster.objects.filter(pk=at.cluster.pk).update(runtime="kubernetes")


def repaired(at: Place, hub: Any, number: int, seconds: float) -> float:
    path = path_of(hub, number)
    before = content(at, path)
    begin = time.perf_counter()
    edit(at, hub, number)
    stack.until(lambda: content(at, path) == before, f"{path} is repaired", seconds)
    return time.perf_counter() - begin


def _quiet(hubs: list[Any]) -> bool:
    from hubs.models import Hub

    mine = Hub.objects.filter(pk__in=[hub.pk for hub in hubs])
    return not mine.exclude(status="ready", lease_until=None).exists()


# --- main -------------------------------------------------------------------------------------------------------------
def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else HUBS
    with place() as at, hubs_of_nobody.front(at) as answers:
        at.end_controllers()
        seconds, hubs = thousand.timed(lambda: thousand.make(at, count, DRIFTED + EDITS))
        print(f"{count} hubs created in {seconds:.0f} s", flush=True)
        for hub in hubs[: DRIFTED + EDITS]:
            answers.stands_for(hub)
        nothing = unchanged(at)
        tell_unchanged(count, nothing)
        some = drifted(at, hubs[:DRIFTED])
        tell_drifted(nothing, some)
        tell_watched(count, *watched(at, hubs[DRIFTED : DRIFTED + EDITS]))
        tell_an_hour(count, nothing, some)


def tell_unchanged(count: int, nothing: dict[str, Any]) -> None:
    checks, lists = nothing["checks"], nothing["lists"]
    rows = [
        [name, *(f"{value:.2f} s" for value in (table.median(s), min(s), max(s)))]
        for name, s in (("listing the kinds", lists), ("the fleet check", checks))
    ]
    table.show(f"{count} hubs without changes, {ROUNDS} rounds", ["", "median", "best", "worst"], rows)
    ratio = table.median([ours / bare for ours, bare in zip(checks, lists, strict=True)])
    print(f"  check / listing: {ratio:.2f}; requests: {len(nothing['requests'])} ({nothing['requests']})")
    print(f"  {nothing['bytes'] / MIB:.1f} MiB of JSON; memory {nothing['before'] / MIB:.0f} MiB before, "
          f"{nothing['highest'] / MIB:.0f} MiB at the peak", flush=True)  # fmt: skip


def tell_drifted(nothing: dict[str, Any], some: dict[str, Any]) -> None:
    rows = [
        ["finding them", f"{some['found']:.2f} s", str(len(some["finding"]))],
        ["passes and repairs", f"{some['mended']:.2f} s", str(len(some["mending"]))],
    ]
    table.show(f"{DRIFTED} of them changed manually", ["", "time", "requests"], rows)
    ratio = (some["found"] + some["mended"]) / statistics.median(nothing["lists"])
    print(f"  all of it / listing: {ratio:.1f}; repairs: {some['mending']}", flush=True)


def tell_watched(count: int, found: list[float], sizes: dict[str, int]) -> None:
    rows = [["edit -> repaired", *(f"{value:.2f} s" for value in (table.median(found), min(found), max(found)))]]
    table.show(f"The watcher and a worker, {len(found)} edits", ["", "median", "best", "worst"], rows)
    said = ", ".join(f"{size / MIB:.0f} MiB {when}" for when, size in sizes.items())
    print(f"  memory of the watcher: {said} of {count} hubs", flush=True)


def tell_an_hour(count: int, nothing: dict[str, Any], some: dict[str, Any]) -> None:
    """Show the load of an hour, calculated from the figures above and the settings."""
    from django.conf import settings

    from provisioning.runtimes.kubernetes.kinds import FLEET
    from provisioning.runtimes.kubernetes.watch import STREAM

    checks = 3600 / settings.FLEET_SECONDS
    looks = count * 3600 / settings.FULL_LOOK_SECONDS
    a_look = (len(some["mending"]) / DRIFTED) - 1  # without the repair
    rows = [
        ["fleet checks", f"{checks:.0f}", f"{checks * len(nothing['requests']):.0f}",
         f"{checks * table.median(nothing['checks']):.0f} s"],
        ["full passes", f"{looks:.0f}", f"{looks * a_look:.0f}", f"{looks * some['mended'] / DRIFTED:.0f} s"],
        ["streams of the watcher", "", f"{len(FLEET) * 3600 / STREAM:.0f}", ""],
    ]  # fmt: skip
    table.show(f"An hour without changes, {count} hubs", ["", "number", "requests", "worker time"], rows)


if __name__ == "__main__":
    main()
