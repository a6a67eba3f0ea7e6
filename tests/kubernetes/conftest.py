from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from hubs.models import Cluster
from provisioning.runtimes.kubernetes.client import Api, connect
from provisioning.runtimes.kubernetes.kinds import FLEET
from provisioning.runtimes.kubernetes.watch import ClusterWatch
from tests.runtimes.worlds import until

from .binaries import NoServer, find
from .faults import FaultProxy
from .kubelet import Kubelet
from .place import Front, FrontedApi, Outside
from .rights import install_rights
from .server import KubeServer


@pytest.fixture(scope="session")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeServer]:
    """One API server for all tests, with the portal's rights. Each test has its own hubs, and so its own namespaces."""
    try:
        binaries = find()
    except NoServer as error:
        pytest.skip(str(error))
    server = KubeServer(tmp_path_factory.mktemp("kubernetes"), binaries)
    try:
        install_rights(server.start())
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def portal_token(kube: KubeServer) -> str:
    """A token of ServiceAccount hubportal, which the portal uses for everything."""
    return kube.token_for("hubportal", "hubportal", 24 * 3600)


@pytest.fixture(scope="session")
def portal_kubeconfig(kube: KubeServer, portal_token: str) -> str:
    """The kubeconfig that staff upload."""
    return str(yaml.safe_dump(kube.kubeconfig(portal_token)))


@pytest.fixture(scope="session")
def api(portal_kubeconfig: str) -> Api:
    """The portal's own client, with the portal's own rights."""
    return connect(portal_kubeconfig, 5.0)


@pytest.fixture
def kubelet(kube: KubeServer) -> Iterator[Kubelet]:
    with Kubelet(kube) as playing:
        yield playing


@pytest.fixture
def faults(kube: KubeServer) -> Iterator[FaultProxy]:
    with FaultProxy(kube.url, kube.ca_pem) as proxy:
        yield proxy


@pytest.fixture
def faulty_kubeconfig(kube: KubeServer, portal_token: str, faults: FaultProxy) -> dict[str, Any]:
    """The portal's account, through the proxy that fails on demand."""
    return kube.kubeconfig(portal_token, faults.url)


# --- rows for reconciling ---------------------------------------------------------------------------------------------
@pytest.fixture
def front(kubelet: Kubelet) -> Iterator[Front]:
    with Front(kubelet) as answering:
        FrontedApi.front = answering.url
        yield answering


@pytest.fixture
def cluster(db: None, settings: Any, portal_kubeconfig: str, front: Front) -> Cluster:
    """The row of the tests' cluster, instead of the in-memory one; `river` and `hub` belong to it."""
    settings.RUNTIMES = {"kubernetes": "tests.kubernetes.place.Fronted"}
    return Cluster.objects.create(
        slug="here",
        name="The tests’ cluster",
        runtime="kubernetes",
        domain="hubs.example.org",
        routing=Cluster.Routing.NONE,
        tls=Cluster.Tls.NONE,
        kubeconfig=portal_kubeconfig,
    )


@pytest.fixture
def counted(cluster: Cluster, faulty_kubeconfig: dict[str, Any], faults: FaultProxy) -> FaultProxy:
    """Calls to the cluster go through the proxy that counts them and fails on demand."""
    cluster.kubeconfig = yaml.safe_dump(faulty_kubeconfig)
    cluster.save(update_fields=["kubeconfig"])
    return faults


@pytest.fixture
def watching(cluster: Cluster) -> Iterator[ClusterWatch]:
    """The watcher of this cluster."""
    watch = ClusterWatch(cluster, connect(cluster.kubeconfig, 5.0))
    watch.start()
    until(lambda: len(watch.listed) == len(FLEET), 20, "every kind is listed")
    yield watch
    watch.stop()
    for thread in watch.threads:
        if thread.name.endswith(" wake"):  # the others end with their streams
            thread.join(10)


@pytest.fixture
def outside(kube: KubeServer) -> Outside:
    return Outside(kube)
