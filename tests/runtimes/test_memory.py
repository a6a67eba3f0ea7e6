"""The faults that the memory runtime can be given. Tests of the reconciler rely on it."""

import pytest

from provisioning.contract import Observed
from provisioning.errors import Refused, Transient
from provisioning.runtimes.memory import MemoryRuntime, World
from tests.words import CLUSTER_SILENT

from .worlds import Place


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def place(world: World) -> Place:
    return Place("memory", lambda: MemoryRuntime(world), lambda target, name: world.crash(target.uid, name))


@pytest.mark.parametrize("after", [False, True])
def test_a_fault_can_be_set_before_or_after_the_effect(world: World, place: Place, after: bool):
    target = place.target()
    files, proxy, _ = place.release(target).parts
    world.fail("apply", Transient("The network is down."), nth=2, after=after)
    place.runtime.apply(target, files)
    with pytest.raises(Transient, match="network"):
        place.runtime.apply(target, proxy)
    assert ("proxy" in place.runtime.observe(target).parts) is after
    place.runtime.apply(target, proxy)
    assert [part for _, _, part in world.log] == ["files", "proxy"]


def test_a_drop_can_fail_too(world: World, place: Place):
    target = place.target()
    place.converge(place.release(target))
    world.fail("drop", Refused("No.", "Forbidden"))
    with pytest.raises(Refused) as caught:
        place.runtime.drop(target, "hub")
    assert caught.value.reason == "Forbidden"
    assert "hub" in place.runtime.observe(target).parts


def test_slow_parts_are_not_ready_until_they_settle(world: World, place: Place):
    world.slow.add("hub")
    target = place.target()
    release = place.release(target)
    place.act_once(release)
    seen = place.runtime.observe(target)
    assert (seen.parts["hub"].ready, seen.parts["hub"].failed, seen.revision) == (False, False, "")
    assert place.act_once(release) == [], "it waits and does not act"
    world.settle(target.uid)
    assert place.runtime.observe(target).revision == release.revision


def test_worlds_are_independent(world: World, place: Place):
    target = place.target()
    place.converge(place.release(target))
    assert MemoryRuntime().observe(target) == Observed()


def test_an_unreachable_cluster_is_never_empty(world: World, place: Place):
    target = place.target()
    release = place.release(target)
    place.converge(release)
    world.reachable = False
    for call in (
        lambda: place.runtime.observe(target),
        lambda: place.runtime.apply(target, release.parts[0]),
        lambda: place.runtime.drop(target, "hub"),
    ):
        with pytest.raises(Transient) as caught:
            call()
        assert (caught.value.reason, caught.value.message) == ("Unreachable", CLUSTER_SILENT)
    world.reachable = True
    assert place.converge(release).revision == release.revision
