"""A whole cluster is compared at once, in a fixed number of requests, and only hubs that differ are woken."""

import pytest
from django.utils import timezone

from hubs.models import Hub, HubRevision
from provisioning import fleet
from provisioning.names import LABEL_HUB, LABEL_PART
from provisioning.runtimes.kubernetes.kinds import FLEET
from tests.runtimes.worlds import until

from .place import home, once, settle

pytestmark = [pytest.mark.kubernetes, pytest.mark.django_db(transaction=True)]


def another(hub: Hub, slug: str) -> Hub:
    made = Hub.objects.create(organization=hub.organization, cluster=hub.cluster, slug=slug, title=slug,
                              created_by=hub.created_by)  # fmt: skip
    made.revision = HubRevision.objects.create(hub=made, number=1, data=hub.revision.data, author=hub.created_by)
    made.save(update_fields=["revision"])
    return made


def calm(*hubs: Hub) -> None:
    """Wait until none of our own work continues."""

    def still() -> bool:
        for hub in hubs:
            settle(hub)
        return fleet.check(hubs[0].cluster) == 0

    until(still, 60, "the fleet is calm")


def due(*hubs: Hub) -> list[str]:
    asked = Hub.objects.filter(pk__in=[hub.pk for hub in hubs], reconcile_after__lte=timezone.now())
    return list(asked.order_by("pk").values_list("slug", flat=True))


def test_comparing_an_unchanged_fleet_takes_one_list_per_kind(hub, counted):
    calm(hub)
    counted.reset()
    assert fleet.check(hub.cluster) == 0
    alone = len(counted.record.calls)
    assert alone == len(FLEET)
    others = [another(hub, f"other-{n}") for n in range(3)]
    calm(hub, *others)
    counted.reset()
    assert fleet.check(hub.cluster) == 0
    assert len(counted.record.calls) == alone, "three more hubs need no further requests"
    assert not [path for _, path in counted.record.calls if "secrets" in path]
    assert due(hub, *others) == []


def test_only_the_hub_that_differs_is_woken(hub, outside):
    other = another(hub, "other")
    calm(hub, other)
    outside.edit(other, "Service", "hub", {"spec": {"selector": {"component": "proxy"}}})
    assert fleet.check(hub.cluster) == 1
    assert due(hub, other) == ["other"]
    settle(other)
    assert "kubectl-edit changed spec.selector.component of Service hub" in other.runs.get(kind="repair").note


def test_a_copy_with_a_hubs_labels_in_another_namespace_is_ignored(hub, kube):
    calm(hub)
    labels = {LABEL_HUB: hub.uid, LABEL_PART: "hub"}
    kube.call(
        "POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": f"copy-{hub.uid}", "labels": labels}}
    )
    assert fleet.check(hub.cluster) == 0
    kube.call("DELETE", f"/api/v1/namespaces/default/configmaps/copy-{hub.uid}")


def test_an_outage_of_the_cluster_is_noticed_for_every_hub(hub, kube):
    calm(hub)
    kube.stop_api()
    try:
        assert fleet.check(hub.cluster) == 1
        once(hub)
        assert hub.status == "unknown"
    finally:
        kube.start_api()

    def back() -> bool:
        fleet.check(hub.cluster)
        return bool(due(hub)) and once(hub).status == "ready"

    until(back, 40, "the check finds it back")
    assert home(hub)
