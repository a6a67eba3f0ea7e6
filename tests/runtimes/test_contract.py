"""The contract of every runtime, in one suite: it knows parts and releases, and nothing about how hubs are created."""

import secrets
from collections.abc import Callable

import pytest

from provisioning.contract import Observed
from provisioning.decide import Drop, decide

from .worlds import Place, until


def test_nothing_is_observed_of_an_unknown_hub(place: Place):
    assert place.runtime.observe(place.target()) == Observed()


def test_dropping_an_unknown_hub_succeeds(place: Place):
    target = place.target()
    for name in ("hub", "proxy", "files"):
        place.runtime.drop(target, name)
    assert place.runtime.observe(target) == Observed()


def test_a_hub_is_created_in_order_until_it_reports_its_revision(place: Place):
    target = place.target()
    release = place.release(target)
    assert place.act_once(release) == [("apply", "files"), ("apply", "proxy"), ("apply", "hub")]
    seen = place.converge(release)
    assert list(seen.parts) == ["files", "proxy", "hub"]
    assert {name: part.digest for name, part in seen.parts.items()} == {p.name: p.digest for p in release.parts}
    assert all(part.ready and not part.failed for part in seen.parts.values())
    assert seen.revision == release.revision
    assert seen.servers == ()


def test_a_change_of_the_hub_replaces_only_the_hub(place: Place):
    target = place.target()
    before = place.converge(place.release(target))
    changed = place.release(target, singleuser__memory__limit="2G")
    assert place.act_once(changed) == [("apply", "hub")]
    stale = place.runtime.observe(target)
    assert stale.revision != before.revision, "the old configuration must not answer after the change"
    after = place.converge(changed)
    assert after.revision == changed.revision
    assert after.parts["files"] == before.parts["files"]
    assert after.parts["proxy"] == before.parts["proxy"]


def test_applying_again_changes_nothing(place: Place):
    target = place.target()
    release = place.release(target)
    before = place.converge(release)
    for part in release.parts:
        place.again().apply(target, part)
    assert place.again().observe(target) == before


@pytest.mark.parametrize("name", ["hub", "proxy"])
def test_a_dead_part_is_reported_and_created_again(place: Place, name: str):
    target = place.target()
    release = place.release(target)
    place.converge(release)
    place.kill(target, name)
    dead = place.runtime.observe(target).parts[name]
    assert (dead.failed, dead.ready, dead.reason) == (True, False, "Crashed")
    assert dead.message.startswith(f"The {name} stopped unexpectedly")
    assert place.act_once(release) == [("apply", name)]
    assert place.converge(release).revision == release.revision


def test_suspend_keeps_the_files_and_resume_brings_the_hub_back(place: Place):
    target = place.target()
    running = place.release(target)
    before = place.converge(running)
    home = place.homes(target)
    if home:
        (home / "mia").mkdir()
        (home / "mia" / "homework.ipynb").write_text("mine")
    suspended = place.release(target, "suspended")
    assert place.act_once(suspended) == [("drop", "hub"), ("drop", "proxy")]
    seen = place.converge(suspended)
    assert list(seen.parts) == ["files"]
    assert (seen.revision, seen.servers) == ("", None)
    assert place.converge(running) == before
    if home:
        assert (home / "mia" / "homework.ipynb").read_text() == "mine"


def test_retire_leaves_nothing_and_is_idempotent(place: Place):
    target, other = place.target(), place.target("other-hub")
    place.runtime.apply(other, place.part(other, "files"))
    place.converge(place.release(target))
    retired = place.release(target, "retired")
    assert decide(retired, place.runtime.observe(target)).actions == (Drop("hub"), Drop("proxy"), Drop("files"))
    place.converge(retired)
    assert place.runtime.observe(target) == Observed()
    assert place.act_once(retired) == []
    assert list(place.runtime.observe(other).parts) == ["files"], "the neighbour must not notice"


def test_two_hubs_do_not_see_each_other(place: Place):
    one, two = place.target("one-hub"), place.target("two-hub")
    first, second = place.release(one), place.release(two)
    place.act_once(first)
    place.act_once(second)
    assert place.converge(first).revision == first.revision
    place.kill(one, "hub")
    assert place.converge(second).revision == second.revision
    assert place.runtime.observe(one).parts["hub"].failed


# --- image probes -----------------------------------------------------------------------------------------------------
def test_ending_an_unknown_probe_succeeds(place: Place):
    place.probes.end_probe("p0123456789a")
    assert place.probes.sweep_probes() == 0


def test_a_probe_runs_reports_its_result_and_leaves_nothing(place: Place, kubelet_of: Callable[..., None]):
    """The image does not exist, except where the machine's own software is probed."""
    wanted = place.probed(f"p{secrets.token_hex(5)}", "registry.invalid/no/such:1")
    kubelet_of(wanted)
    assert place.probes.probe(wanted) is None, "it starts, and does not block"
    try:
        found = until(lambda: place.probes.probe(wanted), 90, "the probe ends")
        assert place.probes.probe(wanted) == found, "after a worker was killed, another one calls it again"
        if place.name == "local":
            assert (found.starts, found.trouble) == (True, "")
            assert found.contents.machine
            assert found.contents.jupyterlab.startswith("4.")
            assert "jupyterhub" in found.contents.packages
        else:
            assert not found.starts
            assert "does not exist" in found.trouble
    finally:
        place.probes.end_probe(wanted.uid)
    place.probes.end_probe(wanted.uid)
    assert place.probes.probe(wanted) is None, "results of the old probe do not count"
    place.probes.end_probe(wanted.uid)
