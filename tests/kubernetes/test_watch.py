"""The watcher's streams: they continue where they ended, restart where that is too old, and survive the API server."""

import logging

import pytest

from hubs.models import Hub
from provisioning import fleet
from provisioning.runtimes.kubernetes.client import connect
from provisioning.runtimes.kubernetes.kinds import FLEET
from provisioning.runtimes.kubernetes.watch import ClusterWatch
from provisioning.watch import Watcher
from tests.runtimes.worlds import until

from .place import Outside, settle
from .test_drift import NOTICED, quiet, woken

pytestmark = [pytest.mark.kubernetes, pytest.mark.django_db(transaction=True)]


def edit(outside: Outside, hub: Hub, pods: int) -> None:
    outside.edit(hub, "ResourceQuota", "hub", {"spec": {"hard": {"pods": str(pods)}}})


def test_ended_streams_continue_from_their_last_version(hub, outside, counted):
    settle(hub)
    watch = ClusterWatch(hub.cluster, connect(hub.cluster.kubeconfig, 5.0), stream=1)
    counted.reset()
    watch.start()
    known = len(FLEET) - 1  # without HTTPRoutes: this cluster has no Gateway API
    until(lambda: len(watch.listed) == len(FLEET), NOTICED)
    until(lambda: len(counted.record.calls) > 4 * len(FLEET), 60, "every stream ended and went on")
    wakes = quiet(hub, watch)
    calls = [path for method, path in counted.record.calls if "namespaces/" not in path]
    edit(outside, hub, 7)
    until(lambda: woken(hub, wakes), NOTICED, "still noticed")
    watch.stop()
    assert len(calls) > 3 * known
    lists = [version for version in watch.versions.values() if version]
    assert len(lists) == known


def test_a_stream_with_an_expired_version_restarts(hub, outside, kube, cluster, caplog):
    kube.stop_api()
    kube.start_api()  # the new server has no history: no kind, however quiet, goes back to version 1
    settle(hub)
    caplog.set_level(logging.INFO, logger="provisioning.runtimes.kubernetes.watch")
    watch = ClusterWatch(cluster, connect(cluster.kubeconfig, 5.0), stream=1)
    watch.start()
    wakes = quiet(hub, watch)
    waiting = {kind.name for kind in FLEET if watch.versions[kind.name]}

    def heard() -> bool:
        """A bookmark may overwrite the versions set here, so set them again until each was reported as expired."""
        told = {record.getMessage() for record in caplog.records}
        waiting.difference_update(
            kind.name for kind in FLEET if f"watch {kind.plural} of {cluster.slug}: Expired" in told
        )
        watch.versions.update(dict.fromkeys(waiting, "1"))
        return not waiting

    until(heard, 60, lambda: f"410 was not heard of {waiting}")
    edit(outside, hub, 8)
    until(lambda: woken(hub, wakes), NOTICED, "noticed all the same")
    watch.stop()


def test_the_watcher_survives_a_restart_of_the_api_server(hub, outside, kube, watching):
    wakes = quiet(settle(hub), watching)
    kube.stop_api()
    kube.start_api()
    edit(outside, hub, 9)  # before any stream is back
    until(lambda: woken(hub, wakes), NOTICED, "missed by the streams that were cut, found by those that follow")
    settle(hub)
    assert outside.get(hub, "ResourceQuota", "hub")["spec"]["hard"]["pods"] != "9"


def test_without_the_watcher_the_fleet_check_finds_the_same(hub, outside, watching):
    quiet(settle(hub), watching)
    watching.stop()
    for thread in watching.threads:
        if thread.name.endswith(" wake"):
            thread.join(10)
    wakes = Hub.objects.get(pk=hub.pk).wakes
    edit(outside, hub, 11)
    assert not woken(hub, wakes)
    assert fleet.check(hub.cluster) == 1
    assert woken(hub, wakes)


def test_new_credentials_are_used_and_a_removed_cluster_is_no_longer_watched(cluster, kube, portal_kubeconfig):
    watcher = Watcher()
    watcher.refresh()
    first = watcher.watches[cluster.pk][1]
    cluster.kubeconfig = portal_kubeconfig + "\n"
    cluster.save(update_fields=["kubeconfig"])
    watcher.refresh()
    second = watcher.watches[cluster.pk][1]
    assert second is not first
    assert first.stopping.is_set()
    cluster.delete()
    watcher.refresh()
    assert watcher.watches == {}
    assert second.stopping.is_set()
