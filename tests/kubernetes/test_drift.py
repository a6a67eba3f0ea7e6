"""Objects that are edited or deleted by hand: noticed by the watcher within seconds, restored, and reported."""

import pytest

from hubs.hub.services import hubs as services
from hubs.models import Hub
from provisioning.names import LABEL_PART
from provisioning.runtimes.kubernetes.kinds import FLEET
from provisioning.runtimes.kubernetes.watch import ClusterWatch
from tests.runtimes.worlds import until

from .place import condition, home, once, settle

pytestmark = [pytest.mark.kubernetes, pytest.mark.django_db(transaction=True)]
NOTICED = 20.0  # seconds on a busy machine; an idle one takes one

EDITS = {
    "Namespace": ("", {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}},
                  "metadata.labels.pod-security.kubernetes.io/enforce"),
    "RoleBinding": ("hub", {"subjects": [{"kind": "ServiceAccount", "name": "other", "namespace": "default"}]},
                    "subjects[0].name"),
    "Role": ("hub", {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]}, "rules"),
    "ServiceAccount": ("hub", {"metadata": {"labels": {"component": "other"}}}, "metadata.labels.component"),
    "ResourceQuota": ("hub", {"spec": {"hard": {"pods": "10000"}}}, "spec.hard.pods"),
    "LimitRange": ("hub", {"spec": {"limits": []}}, "spec.limits"),
    "PersistentVolumeClaim": ("hub-db-dir", {"metadata": {"labels": {"component": "other"}}},
                              "metadata.labels.component"),
    "ConfigMap": ("hub", {"data": {"values.json": "{}"}}, "data.values.json"),
    "Service": ("proxy-public", {"spec": {"selector": {"never": "there"}}}, "spec.selector.never"),
    "NetworkPolicy": ("singleuser", {"spec": {"egress": [{}]}}, "spec.egress"),
    "Deployment": ("hub", {"spec": {"replicas": 0}}, "spec.replicas"),
}  # fmt: skip
REMOVED = {
    "RoleBinding": ("hub", "hubportal"), "Role": ("hub",), "ServiceAccount": ("hub",), "ResourceQuota": ("hub",),
    "LimitRange": ("hub",), "ConfigMap": ("hub",), "Service": ("proxy-public", "hub"), "NetworkPolicy": ("hub",),
    "Deployment": ("proxy", "hub"),
}  # fmt: skip


def quiet(hub: Hub, watch: ClusterWatch) -> int:
    """Wait until none of our own work continues; return how often the hub was woken so far."""

    def still() -> bool:
        settle(hub)
        with watch.lock:
            return not watch.changed and watch.fleet.fingerprint(hub.uid) == hub.fingerprint

    until(still, 40, "the watcher and the row agree")
    hub.refresh_from_db()
    return hub.wakes


def woken(hub: Hub, wakes: int) -> bool:
    hub.refresh_from_db()
    return hub.wakes > wakes


def repaired(hub: Hub) -> str:
    """Wait until it is settled; return what the newest repair says."""
    settle(hub)
    assert hub.status == "ready"
    run = hub.runs.filter(kind="repair").order_by("pk").last()
    assert run is not None, "no repair is reported"
    assert run.result == "succeeded"
    return str(run.note)


def test_every_kind_is_edited_or_listed_as_not_editable():
    assert {kind.name for kind in FLEET} - set(EDITS) == {"Pod", "Ingress", "HTTPRoute"}  # no address in these tests


def test_edits_by_hand_are_noticed_undone_and_reported(hub, outside, watching):
    settle(hub)
    for kind, (named, patch, path) in EDITS.items():
        name = named or home(hub)
        wakes = quiet(hub, watching)
        hub.runs.all().delete()
        outside.edit(hub, kind, name, patch)
        until(lambda wakes=wakes: woken(hub, wakes), NOTICED, f"the watcher notices {kind}")
        note = repaired(hub)
        assert note.startswith(f"kubectl-edit changed {path}"), kind
        assert note.endswith(f" of {kind} {name}"), kind


def test_deletions_by_hand_are_noticed_undone_and_reported(hub, outside, watching):
    settle(hub)
    for kind, names in REMOVED.items():
        for name in names:
            wakes = quiet(hub, watching)
            hub.runs.all().delete()
            outside.remove(hub, kind, name)
            until(lambda wakes=wakes: woken(hub, wakes), NOTICED, f"the watcher notices {kind}")
            assert f"{kind} {name} was missing" in repaired(hub)
            assert outside.get(hub, kind, name)
    wakes = quiet(hub, watching)
    outside.edit(hub, "ConfigMap", "hub", {"metadata": {"labels": {LABEL_PART: None}}})
    until(lambda: woken(hub, wakes), NOTICED, "the watcher notices what is no longer labelled")
    assert "ConfigMap hub was missing" in repaired(hub)
    assert outside.get(hub, "ConfigMap", "hub")["metadata"]["labels"][LABEL_PART] == "hub"


def test_a_namespace_deleted_by_hand_is_created_again(hub, outside, watching):
    wakes = quiet(settle(hub), watching)
    keys = dict(hub.secrets.values_list("name", "value"))
    outside.remove(hub, "Namespace", home(hub))
    until(lambda: woken(hub, wakes), NOTICED, "the watcher notices")
    once(hub)
    assert hub.status == "repairing"
    assert condition(hub, "Ready")["status"] == "False"
    assert "files was missing" in repaired(hub)
    assert dict(hub.secrets.values_list("name", "value")) == keys


def test_an_edited_secret_is_found_by_a_full_comparison(hub, outside):
    """Secrets are never listed or watched across namespaces."""
    settle(hub)
    before = outside.get(hub, "Secret", "hub")["data"]
    outside.edit(hub, "Secret", "hub", {"data": {"cookie_secret": "eA=="}})
    once(hub)
    note = repaired(hub)
    assert note == "kubectl-edit changed data.cookie_secret of Secret hub"
    assert outside.get(hub, "Secret", "hub")["data"] == before
    outside.remove(hub, "Secret", "proxy")
    once(hub)
    assert "Secret proxy was missing" in repaired(hub)


def test_a_paused_hub_is_observed_and_not_changed_until_it_is_unpaused(hub, outside, stan):
    settle(hub)
    services.pause(hub=hub, by=stan, reason="A larger proxy is tried.")
    outside.edit(hub, "Deployment", "proxy", {"spec": {"template": {"metadata": {"annotations": {"tried": "yes"}}}}})
    outside.edit(hub, "ResourceQuota", "hub", {"spec": {"hard": {"pods": "7"}}})
    before = outside.versions(hub)
    for _ in range(3):
        once(hub)
    assert condition(hub, "Paused")["message"] == "Paused by staff: A larger proxy is tried."
    assert "spec.hard.pods of ResourceQuota hub" in condition(hub, "FilesReady")["message"]
    assert outside.versions(hub) == before
    assert not hub.runs.filter(kind="repair").exists()
    hub.refresh_from_db()
    services.unpause(hub=hub, by=stan)
    assert "kubectl-edit changed spec.hard.pods of ResourceQuota hub" in repaired(hub)
    assert outside.get(hub, "ResourceQuota", "hub")["spec"]["hard"]["pods"] != "7"
