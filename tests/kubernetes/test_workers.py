"""Workers: two at once, expiring credentials, jumping clocks. With a real API server and the portal's own account."""

import threading
from datetime import timedelta

import pytest
import time_machine
import yaml
from django.db import connections
from django.utils import timezone

from hubs.hub.services import hubs as services
from hubs.models import Cluster, Hub
from provisioning import leases
from provisioning.reconcile import reconcile
from tests.runtimes.worlds import until

from .faults import Fault
from .place import condition, once, settle

pytestmark = [pytest.mark.kubernetes, pytest.mark.django_db(transaction=True)]


def test_an_expired_token_is_reported_and_replaced_without_changing_hubs(
    hub, cluster, kube, outside, portal_kubeconfig
):
    settle(hub)
    before = outside.versions(hub)
    Cluster.objects.filter(pk=cluster.pk).update(kubeconfig=yaml.safe_dump(kube.kubeconfig("not-a-token-any-more")))
    once(hub)
    assert hub.status == "unknown"
    told = condition(hub, "Reachable")
    assert (told["status"], told["reason"]) == ("False", "CredentialsRefused")
    assert "Staff need to replace them." in told["message"]
    Cluster.objects.filter(pk=cluster.pk).update(kubeconfig=portal_kubeconfig)
    assert settle(hub).status == "ready"
    assert outside.versions(hub) == before


def test_a_token_that_expires_during_a_creation(hub, cluster, kube, outside, portal_kubeconfig):
    once(hub)
    Cluster.objects.filter(pk=cluster.pk).update(kubeconfig=yaml.safe_dump(kube.kubeconfig("not-a-token-any-more")))
    once(hub)
    assert hub.status == "creating"
    assert condition(hub, "Reachable")["reason"] == "CredentialsRefused"
    Cluster.objects.filter(pk=cluster.pk).update(kubeconfig=portal_kubeconfig)
    assert settle(hub).status == "ready"
    assert hub.runs.get().result == "succeeded"


def test_many_workers_create_one_hub(hub, outside):
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(6):
                Hub.objects.filter(pk=hub.pk).update(reconcile_after=timezone.now())
                reconcile(hub.pk)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    settle(hub)
    assert hub.status == "ready"
    assert [run.kind for run in hub.runs.all()] == ["create"]
    assert len(outside.all(hub, ["Deployment"])) == 2
    assert hub.secrets.count() == 5


def test_a_worker_that_lost_its_lease_writes_nothing(hub, counted, settings, outside):
    """Its lease ends while it sends; the other worker finishes the job."""
    stolen: list[leases.Claim | None] = []

    def steal(number: int) -> None:
        if number == 8:
            Hub.objects.filter(pk=hub.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
            stolen.append(leases.claim(hub.pk))
            connections.close_all()

    counted.on_request = steal
    once(hub)
    counted.on_request = None
    assert stolen[0] is not None
    assert hub.lease_token == stolen[0].token
    assert hub.observed_generation == 0
    Hub.objects.filter(pk=hub.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert settle(hub).status == "ready"
    assert len(outside.all(hub, ["Deployment"])) == 2


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_clock_that_jumps_loses_and_duplicates_nothing(hub, outside, ines, step):
    once(hub)
    with time_machine.travel(timezone.now() + step):
        settle(hub)
        assert hub.status == "ready"
        services.set_user_limits(hub=hub, by=ines, values={"singleuser.memory.limit": "2"})
        hub.refresh_from_db()
        once(hub)
    settle(hub)
    assert hub.status == "ready"
    assert hub.lease_until is None
    assert [run.result for run in hub.runs.order_by("pk")] == ["succeeded", "succeeded"]
    assert len(outside.all(hub, ["Deployment"])) == 2


def test_a_dead_workers_hub_is_taken_over_after_its_lease_whatever_the_clock_did(hub):
    assert leases.claim(hub.pk)
    assert leases.claim(hub.pk) is None
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert settle(hub).status == "ready"


def test_a_refused_hub_is_retried_automatically_and_by_hand(hub, faults, counted, ines):
    counted.reset(Fault(2, 422))
    once(hub)
    assert hub.status == "stalled"
    assert "refused to change Namespace" in condition(hub, "Stalled")["message"]
    wait = (hub.reconcile_after - timezone.now()).total_seconds()
    assert 500 < wait <= 600, "an admin may allow it without telling us"
    counted.reset()
    services.retry(hub=hub, by=ines)
    assert until(lambda: once(hub).status == "ready", 40)
