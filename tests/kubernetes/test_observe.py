"""What pages report of a hub that does not work; a hub is never called Ready unless this was observed.

Statuses of pods are written as a kubelet or a scheduler writes them (kubelet.py), because none run here. Refusals are
the API server's own. Tests of a real log's last lines are in tests/cluster, because no container runs here.
"""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from hubs.hub.services import hubs as services
from provisioning import prepare
from provisioning.contract import HUB, Part
from provisioning.runtimes import for_cluster
from tests.runtimes.worlds import until

from .place import condition, home, once, settle

pytestmark = [pytest.mark.kubernetes, pytest.mark.django_db(transaction=True)]
SLOW = 40  # seconds on a busy machine


def says(hub, kind: str, reason: str) -> str:
    """Reconcile until the condition has this reason; return its sentence."""
    until(lambda: condition(once(hub), kind).get("reason") == reason, SLOW, f"{kind} says {reason}: {hub.conditions}")
    assert hub.status != "ready"
    assert condition(hub, kind)["status"] == "False"
    assert condition(hub, "Ready")["status"] == "False"
    return condition(hub, kind)["message"]


def test_an_image_that_cannot_be_pulled(hub, kubelet):
    kubelet.image_pull_error(home(hub), "hub")
    said = says(hub, "HubRunning", "ImagePullFailed")
    assert said.startswith("The image “quay.io/jupyterhub/k8s-hub:")
    assert "Check its name, and that it exists." in said
    kubelet.heal(home(hub), "hub")
    assert settle(hub).status == "ready"


def test_no_node_has_room(hub, kubelet):
    kubelet.unschedulable(home(hub), "proxy", "0/3 nodes are available: 3 Insufficient memory.")
    said = says(hub, "ProxyRunning", "NoNodeFits")
    assert "It starts when there are enough. (0/3 nodes are available: 3 Insufficient memory.)" in said
    kubelet.heal(home(hub), "proxy")
    assert settle(hub).status == "ready"


def test_a_disk_that_cannot_be_made(hub, kubelet):
    kubelet.unschedulable(
        home(hub), "hub", "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    )
    assert says(hub, "HubRunning", "VolumeNotBound").startswith("The hub’s volume can’t be created or attached")
    kubelet.heal(home(hub), "hub")
    assert settle(hub).status == "ready"


def test_a_hub_that_crashes_again_and_again(hub, kubelet):
    kubelet.crash_loop(home(hub), "hub")
    assert says(hub, "HubRunning", "Crashed").startswith("The hub stopped unexpectedly.")
    until(lambda: once(hub).status == "stalled", SLOW, "it slows down and says so")
    assert hub.reconcile_after > timezone.now() + timedelta(seconds=5)
    kubelet.heal(home(hub), "hub")
    assert settle(hub).status == "ready"


def test_a_hub_that_needs_more_memory_than_it_has(hub, kubelet):
    kubelet.crash_loop(home(hub), "hub", reason="OOMKilled")
    assert says(hub, "HubRunning", "OutOfMemory") == "The hub exceeded its memory limit and was stopped."


def test_a_namespace_with_a_used_up_quota(hub, outside):
    """A real ResourceQuota by the cluster's admin: the hub's pod can't be created again."""
    settle(hub)
    quota = {
        "kind": "ResourceQuota",
        "apiVersion": "v1",
        "metadata": {"name": "theirs"},
        "spec": {"hard": {"pods": "1"}},
    }
    outside.make(hub, quota)
    until(lambda: outside.get(hub, "ResourceQuota", "theirs").get("status", {}).get("used"), SLOW, "it is counted")
    for _, name in outside.all(hub, ["Pod"]):
        if name.startswith("hub-"):
            outside.remove(hub, "Pod", name)
    assert "exceeded quota: theirs" in says(hub, "HubRunning", "QuotaExceeded")
    outside.remove(hub, "ResourceQuota", "theirs")
    assert settle(hub).status == "ready"


def test_a_pod_that_the_security_rules_refuse(hub):
    """Real PodSecurity, with a hub that was rendered wrongly on purpose."""
    settle(hub)
    release = prepare.release(hub)
    part = next(part for part in release.parts if part.name == HUB)
    manifest = part.payload["Deployment/hub"]
    template = manifest["spec"]["template"]
    container = {**template["spec"]["containers"][0], "securityContext": {"privileged": True}}
    spec = {**template["spec"], "containers": [container]}
    broken = {**manifest, "spec": {**manifest["spec"], "template": {**template, "spec": spec}}}
    other = Part(HUB, part.title, {**part.payload, "Deployment/hub": broken})
    runtime = for_cluster(hub.cluster)
    runtime.apply(release.target, other)
    seen = until(
        lambda: (s := runtime.observe(release.target, (other,)).parts[HUB]).reason == "AdmissionRefused" and s, SLOW
    )
    assert seen.failed
    assert "violates PodSecurity “restricted" in seen.message.replace('"', "“")
    assert settle(once(hub)).status == "ready"


def test_an_old_hub_that_still_answers_is_not_ready(hub, front, kubelet, ines):
    settle(hub)
    front.says[home(hub)] = old = kubelet.running[home(hub)]
    services.set_user_limits(hub=hub, by=ines, values={"singleuser.memory.limit": "2"})
    hub.refresh_from_db()
    until(lambda: kubelet.running.get(home(hub)) not in ("", None, old), SLOW, "the new one runs") if once(
        hub
    ) else None
    until(lambda: condition(once(hub), "UpToDate")["reason"] == "RevisionPending", SLOW, f"{hub.conditions}")
    assert hub.status == "updating"
    assert condition(hub, "Ready")["status"] == "False"
    front.says.clear()
    assert settle(hub).status == "ready"


def test_a_namespace_that_does_not_end_names_its_finalizer(hub, outside, ines):
    settle(hub)
    held = {"name": "held", "finalizers": ["example.org/hold"]}
    outside.make(hub, {"kind": "ConfigMap", "apiVersion": "v1", "metadata": held})
    services.retire(hub=hub, by=ines, typed=hub.slug, keep_days=0)
    says(hub, "FilesReady", "NamespaceEnding")
    assert hub.status == "retiring"
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        until(lambda: "example.org/hold" in condition(once(hub), "FilesReady")["message"], SLOW, f"{hub.conditions}")
    assert hub.status == "retiring"
    outside.edit(hub, "ConfigMap", "held", {"metadata": {"finalizers": None}})
    settle(hub, 60)
    assert hub.status == "retired"
    assert outside.gone(hub)


def test_an_unreachable_cluster_is_unknown_never_ready_and_never_empty(hub, kube):
    settle(hub)
    servers = hub.servers
    kube.stop_api()
    try:
        once(hub)
        assert hub.status == "unknown"
        assert condition(hub, "Ready")["status"] == "Unknown"
        assert condition(hub, "Reachable")["status"] == "False"
        assert "The cluster is not responding" in condition(hub, "Reachable")["message"]
    finally:
        kube.start_api()
    assert settle(hub).status == "ready"
    assert hub.servers == servers
    assert not hub.runs.filter(kind="repair").exists(), "nothing was deleted"


@pytest.mark.parametrize("calls", [3, 9, 17])
def test_a_cluster_that_becomes_unreachable_during_a_creation(hub, kube, counted, outside, calls):
    def stop(number: int) -> None:
        if number == calls:
            kube.stop_api()

    counted.reset()
    counted.on_request = stop
    once(hub)
    counted.on_request = None
    assert hub.status == "creating"
    assert condition(hub, "Reachable")["status"] == "Unknown" or condition(hub, "Ready")["status"] != "True"
    once(hub)
    assert hub.status != "ready"
    kube.start_api()
    assert settle(hub).status == "ready"
    assert len([key for key in outside.all(hub) if key[0] == "Deployment"]) == 2
