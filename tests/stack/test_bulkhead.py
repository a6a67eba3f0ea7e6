"""A cluster that answers in drips, and a real worker: hubs of others are created in time meanwhile."""

import pytest

from hubs.models import Cluster, Hub, Organization, ProvisioningRun, Role
from hubs.requests.services import requests
from tests import kubeconfigs
from tests.conftest import member
from tests.outbound.bad_server import bad_server
from tests.stack.portal import until

pytestmark = [pytest.mark.local, pytest.mark.django_db(transaction=True)]
HANGING = 12  # hubs: three for each thread of the worker


def hanging_hubs(ask, cluster: Cluster, port: int) -> list[Hub]:
    """Create hubs of another organisation, in a cluster at this port."""
    kubeconfig = kubeconfigs.text({"server": f"http://127.0.0.1:{port}"})
    hung = Cluster.objects.create(
        slug="hung", name="Hung", runtime="kubernetes", domain="hubs.example.org", kubeconfig=kubeconfig
    )
    lake = Organization.objects.create(
        slug="lake", name="Lake College", cluster=cluster, hubs=HANGING, users_per_hub=50, memory_per_user_mib=2048,
        cpu_per_user=2, storage_per_user_mib=10240, total_memory_mib=10**7,
    )  # fmt: skip
    zoe = member(lake, "zoe", "Zoe Martin", Role.OWNER)
    for number in range(HANGING):
        requests.submit(request=ask(zoe, lake, slug=f"slow-{number}"), by=zoe)
    assert Hub.objects.filter(organization=lake).update(cluster=hung) == HANGING
    return list(Hub.objects.filter(organization=lake))


@pytest.mark.parametrize("behaviour", ["drips its first line", "floods chunks"])
def test_a_hanging_cluster_delays_no_hub_of_others(portal, ask, ines, river, cluster, behaviour):
    stack = portal(HUBPORTAL_LEASE_SECONDS="20")
    with bad_server(behaviour) as server:
        hanging_hubs(ask, cluster, server.port)
        stack.start("redis", "worker", "beat")
        until(lambda: len(server.came) >= 2, f"the worker is held; {stack.log('worker')}")
        hub = Hub.objects.get(pk=requests.submit(request=ask(ines, river), by=ines).hub_id)

        def ready() -> bool:
            hub.refresh_from_db()
            return hub.status == "ready" and hub.settled

        until(ready, f"ready meanwhile; {stack.log('worker')}", 60)
        assert ProvisioningRun.objects.filter(hub=hub).get().result == "succeeded"
        assert Hub.objects.filter(cluster__slug="hung", status="ready").count() == 0
