"""What is sent to the cluster and what never is: only changes are sent, pruning follows labels, data is kept."""

from dataclasses import replace

import pytest
from django.db.models import F

from hubs import wake
from hubs.hub.services import hubs as services
from hubs.models import Cluster, Hub, HubRevision
from hubs.requests.services import requests
from provisioning import operations, prepare
from provisioning.contract import FILES, Part
from provisioning.errors import Refused
from provisioning.names import LABEL_HUB
from provisioning.runtimes import for_cluster
from tests.runtimes.worlds import until

from .place import condition, home, once, settle

pytestmark = [pytest.mark.kubernetes, pytest.mark.django_db(transaction=True)]


def changed(hub: Hub, **singleuser) -> Hub:
    """Make a new revision, as an approved change does."""
    data = hub.spec.model_dump(mode="json")
    for key, value in singleuser.items():
        data["singleuser"][key] = {**data["singleuser"][key], **value}
    number = hub.revisions.count() + 1
    revision = HubRevision.objects.create(hub=hub, number=number, data=data, author=hub.created_by)
    wake.wake(hub, revision=revision, generation=F("generation") + 1)
    return Hub.objects.select_related("organization", "cluster", "revision").get(pk=hub.pk)


def runtime_and_part(hub: Hub, name: str):
    release = prepare.release(hub)
    return for_cluster(hub.cluster), release, next(part for part in release.parts if part.name == name)


def test_nothing_is_written_when_nothing_changed(hub, outside, counted):
    settle(hub)
    hub.refresh_from_db()
    before = outside.versions(hub)
    counted.reset()
    once(hub)
    assert hub.status == "ready"
    assert counted.record.writes() == []
    assert len(counted.record.calls) <= 17, "one list per kind, and the hub itself"
    assert outside.versions(hub) == before


def test_a_change_of_configuration_writes_its_objects_and_no_other(hub, outside, counted):
    settle(hub)
    before = outside.versions(hub)
    pods = {name: pod["metadata"]["uid"] for (_, name), pod in outside.all(hub, ["Pod"]).items()}
    hub = changed(hub, memory={"limit": "2G"})
    counted.reset()
    settle(hub)
    written = {path.rsplit("/", 2)[-2] + "/" + path.rsplit("/", 1)[-1] for _, path in counted.record.writes()}
    assert written == {"configmaps/hub", "secrets/hub", "deployments/hub"}  # both files contain the revision
    after = outside.versions(hub)
    touched = {key for key in before if before[key] != after[key]}
    assert touched == {("ConfigMap", "hub"), ("Secret", "hub"), ("Deployment", "hub")}
    now = {name: pod["metadata"]["uid"] for (_, name), pod in outside.all(hub, ["Pod"]).items()}
    kept = {name for name in pods if pods[name] == now.get(name)}
    assert [name for name in kept if name.startswith("proxy-")], "the proxy keeps running"
    assert not [name for name in kept if name.startswith("hub-")], "the hub restarts"


def test_objects_that_are_no_longer_rendered_are_deleted_but_never_files(hub, outside):
    settle(hub)
    runtime, release, files = runtime_and_part(hub, FILES)
    slimmer = {key: manifest for key, manifest in files.payload.items()
               if not key.startswith(("LimitRange/", "PersistentVolumeClaim/"))}  # fmt: skip
    runtime.apply(release.target, Part(FILES, files.title, slimmer))
    there = outside.all(hub)
    assert ("LimitRange", "hub") not in there
    assert ("PersistentVolumeClaim", "hub-db-dir") in there
    assert "deletionTimestamp" not in there["PersistentVolumeClaim", "hub-db-dir"]["metadata"]
    seen = for_cluster(hub.cluster).observe(release.target, (Part(FILES, files.title, slimmer),))
    assert seen.parts[FILES].ready, "kept objects are not reported as a difference"


def test_objects_of_others_in_the_namespace_are_left_alone(hub, outside):
    settle(hub)
    outside.make(hub, {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "theirs"}, "data": {"a": "b"}})
    outside.edit(hub, "ConfigMap", "hub", {"metadata": {"labels": {"theirs": "too"}}})
    once(hub)
    assert hub.status == "ready"
    assert not hub.runs.filter(kind="repair").exists()
    assert outside.get(hub, "ConfigMap", "theirs")["data"] == {"a": "b"}
    assert outside.get(hub, "ConfigMap", "hub")["metadata"]["labels"]["theirs"] == "too"


@pytest.mark.parametrize("labels", [{}, {LABEL_HUB: "somebody-else"}])
def test_a_namespace_of_others_is_refused_and_untouched(hub, outside, kube, ines, labels):
    where = home(hub)
    theirs = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": where, "labels": labels}}
    kube.call("POST", "/api/v1/namespaces", theirs)
    before = outside.get(hub, "Namespace", where)
    once(hub)
    assert hub.status == "stalled"
    assert condition(hub, "Stalled")["reason"] == "NamespaceTaken"
    assert where in condition(hub, "Stalled")["message"]
    services.retire(hub=hub, by=ines, typed=hub.slug, keep_days=0)
    settle(hub)
    assert hub.status == "retired"
    assert outside.get(hub, "Namespace", where) == before
    kube.call("DELETE", f"/api/v1/namespaces/{where}")


def with_disk(part: Part, size: str) -> Part:
    """Return the same part with another size of the hub's own volume."""
    key = "PersistentVolumeClaim/hub-db-dir"
    claim = part.payload[key]
    spec = {**claim["spec"], "resources": {"requests": {"storage": size}}}
    return replace(part, payload={**part.payload, key: {**claim, "spec": spec}})


def test_a_volume_never_shrinks_and_says_so(hub, outside):
    settle(hub)
    runtime, release, files = runtime_and_part(hub, FILES)
    with pytest.raises(Refused, match=r"hub-db-dir has 1Gi and can’t shrink to 512Mi\. Request 1Gi or more\."):
        runtime.apply(release.target, with_disk(files, "512Mi"))
    claim = outside.get(hub, "PersistentVolumeClaim", "hub-db-dir")
    assert claim["spec"]["resources"]["requests"]["storage"] == "1Gi"


@pytest.fixture
def growing(kube):
    """A storage class whose volumes can grow."""
    path = "/apis/storage.k8s.io/v1/storageclasses"
    name = {"name": "growing"}
    kube.call("POST", path, {"metadata": name, "provisioner": "example.org/disk", "allowVolumeExpansion": True})
    yield "growing"
    kube.call("DELETE", f"{path}/growing")


def test_home_directories_grow_to_the_size_of_new_ones_and_never_shrink(hub, cluster, outside, kube, growing):
    settle(hub)
    made = outside.make(hub, {
        "kind": "PersistentVolumeClaim", "apiVersion": "v1",
        "metadata": {"name": "claim-mia", "labels": {LABEL_HUB: hub.uid, "component": "singleuser-storage"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": growing, "volumeName": f"{hub.uid}-claim-mia",
                 "resources": {"requests": {"storage": "1Gi"}}},
    })  # fmt: skip
    path = f"/api/v1/namespaces/{home(hub)}/persistentvolumeclaims/{made['metadata']['name']}"
    until(lambda: kube.call("GET", path)["status"].get("phase") == "Bound", 10, "only bound claims can grow")
    hub = changed(hub, storage={"capacity": "3Gi"})
    settle(hub)
    claim = outside.get(hub, "PersistentVolumeClaim", "claim-mia")
    assert claim["spec"]["resources"]["requests"]["storage"] == "3Gi"
    hub = changed(hub, storage={"capacity": "2Gi"})
    settle(hub)
    claim = outside.get(hub, "PersistentVolumeClaim", "claim-mia")
    assert claim["spec"]["resources"]["requests"]["storage"] == "3Gi"


def test_an_object_with_an_immutable_field_is_replaced(hub, outside, kube):
    """A Deployment's selector: no data depends on it."""
    settle(hub)
    live = outside.get(hub, "Deployment", "proxy")
    other = {**live["spec"], "selector": {"matchLabels": {"app": "other"}}}
    other["template"]["metadata"]["labels"]["app"] = "other"
    outside.remove(hub, "Deployment", "proxy")
    meta = {key: live["metadata"][key] for key in ("name", "labels", "annotations")}
    until(lambda: outside.get(hub, "Deployment", "proxy") is None, 10, "it is gone")
    outside.make(hub, {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": meta, "spec": other})
    settle(hub)
    assert hub.status == "ready"
    assert outside.get(hub, "Deployment", "proxy")["spec"]["selector"]["matchLabels"]["app"] == "jupyterhub"


def test_a_cluster_that_offers_another_storage_class_leaves_volumes_as_they_are(hub, cluster, outside):
    settle(hub)
    Cluster.objects.filter(pk=cluster.pk).update(storage_classes=["fast", "slow"])
    settle(once(hub))
    assert hub.status == "ready"
    assert outside.get(hub, "PersistentVolumeClaim", "hub-db-dir")["spec"].get("storageClassName") != "fast"


def test_the_plan_shows_what_would_change_masks_secrets_and_changes_nothing(hub, outside, ask, ines, stan):
    settle(hub)
    before = outside.versions(hub)
    request = requests.begin_change(
        reason="For the course.", hub=hub, by=ines, values={"singleuser.memory.limit": "64"}
    )
    request = requests.submit(request=request, by=ines)
    planned = operations.plan(request)
    assert {(p.kind, p.name, p.action) for p in planned} >= {
        ("ConfigMap", "hub", "change"), ("Deployment", "hub", "change")
    }  # fmt: skip
    changes = next(p.changes for p in planned if p.kind == "ConfigMap")
    paths = {path: (old, new) for path, old, new in changes}
    assert "data.values.json.singleuser.memory.limit" in paths
    assert paths["data.values.json.singleuser.memory.limit"][0] != paths["data.values.json.singleuser.memory.limit"][1]
    assert outside.versions(hub) == before
    every = str(planned)
    for value in hub.secrets.values_list("value", flat=True):
        assert value not in every


def test_the_plan_shows_what_the_server_would_refuse(hub, outside):
    settle(hub)
    runtime, release, files = runtime_and_part(hub, FILES)
    broken = {**files.payload["ResourceQuota/hub"], "spec": {"hard": {"pods": "-1"}}}
    parts = (replace(files, payload={**files.payload, "ResourceQuota/hub": broken}), *release.parts[1:])
    with pytest.raises(Refused, match="refused to change ResourceQuota hub"):
        runtime.plan(replace(release, parts=parts))


def test_live_objects_are_shown_with_secrets_masked(hub, outside):
    settle(hub)
    outside.edit(hub, "ConfigMap", "hub", {"data": {"theirs": "x"}}, manager="kubectl-edit")
    found = {(one.kind, one.name): one for one in operations.objects(hub)}
    assert set(found[("Secret", "hub")].manifest["data"].values()) == {"•••"}
    assert found[("ConfigMap", "hub")].changed_by == ("kubectl-edit",)
    assert found[("Deployment", "hub")].part == "hub"
    for value in hub.secrets.values_list("value", flat=True):
        assert value not in str(found)
