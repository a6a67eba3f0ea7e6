"""The portal calls a real JupyterHub through a real API server's service proxy, with its own rights and token, and
never at the hub's address. A pod object stands for the proxy's process on this machine."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from provisioning.errors import Missing
from provisioning.render.kubernetes.labels import selector
from provisioning.runtimes.kubernetes import hub_api
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.world import look
from tests.runtimes.worlds import until

from .hub_process import HubProcess
from .server import KubeServer

pytestmark = pytest.mark.kubernetes
MERGE = "application/merge-patch+json"


def own_address() -> str:
    """Return an address of this machine that is not loopback, which the API server refuses. Sends no packet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback, where an API server proxies nothing")
        return str(probe.getsockname()[0])


def stands_for_the_proxy(hub: HubProcess, address: str, node: str) -> None:
    """Create a pod object with the proxy's labels and this machine's address, which the Service selects."""
    safe = {"allowPrivilegeEscalation": False, "runAsNonRoot": True, "runAsUser": 1000,
            "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip
    little = {"cpu": "1m", "memory": "16Mi"}
    pod = {
        "metadata": {"name": "stands-for-the-proxy", "labels": selector(hub.target, "proxy")},
        "spec": {"nodeName": node, "containers": [{
            "name": "proxy", "image": "example.org/none:1", "securityContext": safe,
            "resources": {"requests": little, "limits": little},
            "ports": [{"name": "http", "containerPort": hub.ports["public"]}],
        }]},
    }  # fmt: skip
    path = f"/api/v1/namespaces/{hub.namespace}/pods"
    hub.kube.call("POST", path, pod)
    status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}],
              "conditions": [{"type": "Ready", "status": "True"}]}  # fmt: skip
    hub.kube.call("PATCH", f"{path}/stands-for-the-proxy/status", {"status": status}, MERGE)


@pytest.fixture
def node(kube: KubeServer) -> Iterator[str]:
    """A Node object, because endpoints need pods on existing nodes."""
    kube.call("POST", "/api/v1/nodes", {"metadata": {"name": "of-this-test"}})
    yield "of-this-test"
    kube.call("DELETE", "/api/v1/nodes/of-this-test")


def test_calls_go_through_the_api_servers_proxy_with_a_header_of_our_own(
    kube: KubeServer, api: Api, tmp_path: Path, node: str
):
    address = own_address()
    with HubProcess(kube, tmp_path, ip="0.0.0.0") as hub:
        stands_for_the_proxy(hub, address, node)
        elsewhere = replace(hub.target, url="https://hub.evil.example/")  # its public name, which must not be called
        asked = hub_api.of(api, look(api, elsewhere))
        path = f"/api/v1/namespaces/{hub.namespace}/services/proxy-public:80/proxy/hub/health"
        until(lambda: asked.revision() == hub.release.revision, 60, lambda: f"it finds the hub: {api.ask('GET', path)}")

        assert asked.servers() == (), "the hub knows the caller"
        with pytest.raises(Missing):
            asked.start_server("mia", "")
        hub.ask("POST", "users/mia")
        before = {pod["metadata"]["uid"] for pod in hub.pods()}
        asked.start_server("mia", "")
        [container] = hub.new_pod(before)["spec"]["containers"]
        asked.start_server("mia", "")  # it is starting already
        with pytest.raises(Missing):
            asked.stop_server("tom", "")

        token = hub.secrets["portal_service_token"]
        whoever = f"{hub.target.url}hub/api/user"
        own = next(one["value"] for one in container["env"] if one["name"] == "JUPYTERHUB_API_TOKEN")
        for given, status in ((token, 200), (own, 403), ("", 403), (token[:-1], 403), ("é", 403)):
            headers = {b"X-Hubportal-Token": given.encode()}
            assert httpx.get(whoever, headers=headers, trust_env=False).status_code == status, (
                "only for the portal's token"
            )
        assert httpx.get(whoever, headers={"Authorization": f"token {own}"}, trust_env=False).status_code == 200

        assert token not in hub.log()
        assert token not in kube.audit_log.read_text()
