"""Every call in a hub's life fails in turn, in every way, before and after it took effect, and the worker dies there:
each hub still reaches its end, and nothing is leaked, duplicated or replaced.

The faults are real ones on real sockets (doomed.py). Rows are written as the services write them, without a request
per hub, because there are a thousand.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any

import pytest
import yaml
from django.db.models import F
from oauth2_provider.models import Application

from hubs import wake
from hubs.models import Hub, HubRevision, HubSecret
from provisioning import prepare
from provisioning.contract import Release, digest
from provisioning.names import DIGEST
from provisioning.runtimes.kubernetes.client import connect
from provisioning.runtimes.kubernetes.kinds import KINDS
from provisioning.status import STALLED_AFTER

from . import lanes
from .doomed import KILL, Doom, DoomedApi, Fate, HeaderFaults, Killed
from .faults import KINDS as FAULTS
from .place import home, once

pytestmark = [pytest.mark.kubernetes, pytest.mark.django_db(transaction=True)]
WAYS = [(kind, after) for kind in (*FAULTS, KILL) for after in (False, True)]
EACH = int(os.environ.get("HUBPORTAL_FAULTS_EACH", "12"))  # faults of one hub; with 1, a hub for every fault
LOOKS = 8 + 6 * EACH  # passes that a hub may need to recover
BATCH = 60  # hubs at a time
PATIENCE = 600.0  # seconds; nothing is asserted on time


@pytest.fixture
def doomed(settings, cluster, kube, portal_token, kubelet):
    """Rows are driven by the runtime whose calls may fail. Yields a World that knows which namespaces exist."""
    settings.RUNTIMES = {"kubernetes": "tests.kubernetes.doomed.Doomed"}
    settings.LEASE_SECONDS = 0.0  # a dead worker's hub is free at once
    with HeaderFaults(kube.url, kube.ca_pem) as proxy:
        DoomedApi.through = connect(yaml.safe_dump(kube.kubeconfig(portal_token, proxy.url)), settings.API_SECONDS)
        DoomedApi.fates.clear()
        yield World(kube, kubelet)
        DoomedApi.fates.clear()


class World:
    """What the admin sees, fetched for all hubs at once."""

    def __init__(self, kube: Any, kubelet: Any) -> None:
        self.kube, self.kubelet = kube, kubelet
        self._homes: set[str] = set()
        self._asked = 0.0

    def is_gone(self, where: str) -> bool:
        if time.monotonic() - self._asked > 0.3:
            self._asked = time.monotonic()
            items = self.kube.call("GET", "/api/v1/namespaces?labelSelector=hubportal/hub")["items"]
            self._homes = {live["metadata"]["name"] for live in items}
        return where not in self._homes

    def objects(self) -> dict[str, dict[str, Any]]:
        """Return by namespace: {"Kind/name": live} of everything with our label."""
        found: dict[str, dict[str, Any]] = {}
        for kind in KINDS.values():
            if kind.optional or kind.name == "Pod":
                continue
            for live in self.kube.call("GET", f"{kind.path()}?labelSelector=hubportal/hub,hubportal/part")["items"]:
                meta = live["metadata"]
                where = meta["namespace"] if kind.namespaced else meta["name"]
                found.setdefault(where, {})[f"{kind.name}/{meta['name']}"] = live
        return found


# --- rows -------------------------------------------------------------------------------------------------------------
def made(like: Hub, number: int) -> Hub:
    hub = Hub.objects.create(
        organization=like.organization, cluster=like.cluster, slug=f"hub-{number}", title=like.title,
        created_by=like.created_by,
    )  # fmt: skip
    return revised(hub, like.spec.model_dump(mode="json"))


def revised(hub: Hub, data: dict[str, Any]) -> Hub:
    number = hub.revisions.count() + 1
    revision = HubRevision.objects.create(hub=hub, number=number, data=data, author=hub.created_by)
    generation = F("generation") + 1 if number > 1 else 1
    wake.wake(hub, revision=revision, generation=generation)
    return Hub.objects.select_related("organization", "cluster", "revision").get(pk=hub.pk)


def with_memory(hub: Hub, limit: str) -> dict[str, Any]:
    data: dict[str, Any] = hub.spec.model_dump(mode="json")
    data["singleuser"]["memory"] = {**data["singleuser"]["memory"], "limit": limit}
    return data


# --- one hub, until its desired state ---------------------------------------------------------------------------------
def drive(world: World, hub: Hub, fate: Fate, status: str) -> Iterator[Callable[[], bool]]:
    where = home(hub)
    DoomedApi.fates[where] = fate
    for _ in range(LOOKS):
        try:
            once(hub)
        except Killed:
            hub.refresh_from_db()
        if hub.settled and hub.status == status:
            return
        if hub.failures == STALLED_AFTER - 1:  # staff press "Try again": enough faults make a hub stalled
            Hub.objects.filter(pk=hub.pk).update(failures=0)
        told = {c["type"]: c for c in hub.conditions}
        assert not (hub.status == "ready" and status != "ready"), f"a stale word: {fate}"
        if hub.status == "stalled":  # refused: retried by itself after ten minutes
            assert any(doom.hit and doom.kind == 422 for doom in fate.dooms), f"{fate}: {hub.conditions}"
            assert "injected 422" in told["Stalled"]["message"]
        if told.get("FilesReady", {}).get("reason") == "NamespaceEnding":
            yield lambda: world.is_gone(where)
        else:  # a pass over a hub that can't be ready yet costs as much as any
            yield partial(_worth_a_look, world, where, time.monotonic())
    raise AssertionError(f"{hub.uid} does not become {status}: {fate}: {hub.status} {hub.conditions}")


def _worth_a_look(world: World, where: str, last: float) -> bool:
    past = time.monotonic() - last
    return past > (0.2 if where in world.kubelet.running else 2)


def keys(hub: Hub) -> dict[str, str]:
    return dict(hub.secrets.values_list("name", "value"))


def creation(world: World, hub: Hub, fate: Fate, before: dict[int, dict[str, str]]) -> Iterator[Callable[[], bool]]:
    prepare.release(hub)
    before[hub.pk] = keys(hub)
    yield from drive(world, hub, fate, "ready")


def confirmations(world: World, hub: Hub, fates: list[Fate]) -> Iterator[Callable[[], bool]]:
    """Run the pass that ends a creation: everything was sent, and the portal does not know yet that it exists."""
    yield from drive(world, hub, Fate(), "ready")
    for fate in fates:
        hub.runs.all().delete()
        Hub.objects.filter(pk=hub.pk).update(status="creating", observed_generation=0, failures=0)
        yield from drive(world, hub, fate, "ready")
        assert hub.runs.order_by("pk").last().result == "succeeded", str(fate)


def changes(world: World, hub: Hub, fates: list[Fate]) -> Iterator[Callable[[], bool]]:
    """Change back and forth: each change undoes the one before."""
    yield from drive(world, hub, Fate(), "ready")
    for turn, fate in enumerate(fates):
        hub = revised(hub, with_memory(hub, "1G" if turn % 2 else "2G"))
        assert prepare.release(hub).revision != world.kubelet.running.get(home(hub)), str(fate)
        yield from drive(world, hub, fate, "ready")
        hub.runs.all().delete()


def retirement(world: World, hub: Hub, fate: Fate) -> Iterator[Callable[[], bool]]:
    wake.wake(hub, desired_state="retired", status="retiring", generation=F("generation") + 1, failures=0)
    hub.refresh_from_db()
    yield from drive(world, hub, fate, "retired")


# --- nothing leaked, duplicated or replaced ---------------------------------------------------------------------------
def check_whole(hub: Hub, release: Release, live: dict[str, Any], before: dict[str, str]) -> None:
    wanted = {key: manifest for part in release.parts for key, manifest in part.payload.items()}
    assert set(live) == set(wanted), "an object was leaked or is missing"
    for key, manifest in wanted.items():
        assert live[key]["metadata"]["annotations"][DIGEST] == digest(manifest), key
    for key in ("Secret/hub", "Secret/proxy"):
        assert live[key]["data"] == wanted[key]["data"]
    assert keys(hub) == before, "a secret was replaced"
    assert Application.objects.filter(client_id=hub.uid).count() == 1
    assert not hub.runs.filter(result="running").exists()


def fates(calls: Sequence[str]) -> list[Fate]:
    """Return faults for every call of an undisturbed stage, in every way: EACH of them in one life, far apart."""
    dooms = [
        Doom(call, calls[: nth + 1].count(call), kind, after)
        for (nth, call), (kind, after) in product(enumerate(calls), WAYS)
    ]
    lives = -(-len(dooms) // EACH)
    return [Fate(dooms[number::lives]) for number in range(lives)]


def shares(every: list[Fate], hubs: int) -> list[list[Fate]]:
    return [every[number::hubs] for number in range(hubs)]


def unmet(every: Sequence[Fate]) -> list[str]:
    return [str(doom) for fate in every for doom in fate.dooms if not doom.hit]


def watched(hub: Hub) -> list[str]:
    """Return the calls of one pass."""
    fate = DoomedApi.fates[home(hub)] = Fate()
    once(hub)
    return fate.seen


def undisturbed(hubs: Sequence[Hub]) -> list[str]:
    """Return the calls of the hub with the fewest, because a busy API server makes the portal repeat a call."""
    return min((watched(hub) for hub in hubs), key=len)


def test_a_creation_and_a_retirement_survive_any_fault(hub, doomed):
    world = doomed
    before: dict[int, dict[str, str]] = {}
    some = [made(hub, number) for number in range(3)]
    sending = undisturbed(some)  # everything that is sent; another test covers the confirming pass
    lanes.run([drive(world, one, Fate(), "ready") for one in some], PATIENCE)
    for one in some:
        wake.wake(one, desired_state="retired", generation=F("generation") + 1)
    removing = undisturbed(some)
    assert len(sending) > 18
    assert len(removing) > 21
    creating, retiring = fates(sending), fates(removing)
    lives = max(len(creating), len(retiring))
    creating += [Fate() for _ in range(lives - len(creating))]
    retiring += [Fate() for _ in range(lives - len(retiring))]
    pending: list[Hub] = []
    leaving: list[lanes.Job] = []  # hubs of the batch before: their namespaces take time to end
    for number in range(0, lives, BATCH):
        hubs = [made(hub, 10 + n) for n in range(number, min(number + BATCH, lives))]
        coming = [creation(world, one, creating[number + n], before) for n, one in enumerate(hubs)]
        lanes.run([*leaving, *coming], PATIENCE)
        live = world.objects()
        for one in hubs:
            check_whole(one, prepare.release(one), live[home(one)], before[one.pk])
        leaving = [retirement(world, one, retiring[number + n]) for n, one in enumerate(hubs)]
        pending += hubs
    lanes.run(leaving, PATIENCE)
    for one in pending:
        assert not one.secrets.exists()
        assert one.runs.filter(result="succeeded").count() == 2
        assert not one.runs.filter(result="running").exists()
    assert not HubSecret.objects.filter(hub__in=pending).exists()
    assert not Application.objects.filter(client_id__in=[one.uid for one in pending]).exists()
    assert not {home(one) for one in pending} & set(world.objects())
    assert not unmet(creating + retiring)


def test_the_end_of_a_creation_and_any_change_survive_any_fault(hub, doomed):
    world = doomed
    hubs = [made(hub, number) for number in range(24)]
    lanes.run([drive(world, one, Fate(), "ready") for one in hubs], PATIENCE)
    before = {one.pk: keys(one) for one in hubs}
    homes = world.objects()
    look = Fate()
    lanes.run([confirmations(world, hubs[0], [look])], PATIENCE)
    ending, changing = fates(look.seen), fates(watched(revised(hubs[0], with_memory(hubs[0], "3G"))))
    lanes.run([confirmations(world, hubs[n], part) for n, part in enumerate(shares(ending, 24))], PATIENCE)
    lanes.run([changes(world, hubs[n], part) for n, part in enumerate(shares(changing, 24))], PATIENCE)
    live = world.objects()
    for one in hubs:
        one = Hub.objects.select_related("organization", "cluster", "revision").get(pk=one.pk)
        check_whole(one, prepare.release(one), live[home(one)], before[one.pk])
        for key, untouched in homes[home(one)].items():
            uid = live[home(one)][key]["metadata"]["uid"]
            assert uid == untouched["metadata"]["uid"], f"{key} was replaced"
    assert not unmet(ending + changing)
