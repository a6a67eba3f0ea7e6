"""Rendered objects, sent to a real API server with the portal's own rights: accepted, stored with the same spelling,
and the resulting pods pass PodSecurity."""

from collections.abc import Iterator
from typing import Any

import pytest

from provisioning.contract import Release
from provisioning.errors import Transient
from provisioning.names import namespace
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.compare import differences
from tests.runtimes.shapes import SHAPES, release, shape
from tests.runtimes.worlds import until

from .gateway_api import gateway_api
from .server import KubeServer

pytestmark = pytest.mark.kubernetes
UID = "hz22345678{:02d}"  # 12 characters


@pytest.fixture(scope="module")
def routes(kube: KubeServer) -> Iterator[None]:
    with gateway_api(kube):
        yield


def send(api: Api, made: Release) -> None:
    """Apply every object twice: its spelling is kept, and the second time changes nothing."""
    for part in made.parts:
        for key, manifest in part.payload.items():
            live = until(lambda manifest=manifest: once_allowed(api, manifest), 10, f"{key} is taken")
            assert list(differences(manifest, live)) == [], key
            again = api.apply(manifest)["metadata"]
            assert again.get("generation") == live["metadata"].get("generation"), key


def once_allowed(api: Api, manifest: dict[str, Any]) -> dict[str, Any] | None:
    """Retry, because the API server's authorizer may know a new right only a moment later."""
    try:
        return api.apply(manifest)
    except Transient as error:
        if error.reason == "NotPermitted":
            return None
        raise


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.usefixtures("routes")
def test_an_api_server_accepts_a_hub_and_keeps_its_spelling(name: str, kube: KubeServer, api: Api):
    slug = "s" * 40 if name == "issuer" else "stat-101"  # the longest possible
    made = shape(name, uid=UID.format(list(SHAPES).index(name)), slug=slug)
    where = namespace(made.target.slug, made.target.uid)
    send(api, made)
    if made.revision:
        pods = until(lambda: two_pods(kube, where), 60, f"hub and proxy pods: {warnings(kube, where)}")
        for pod in pods:
            assert pod["metadata"]["labels"]["hubportal/hub"] == made.target.uid
    kube.call("DELETE", f"/api/v1/namespaces/{where}")


def two_pods(kube: KubeServer, where: str) -> list[dict[str, Any]]:
    """Return the pods that the controller manager created from our Deployments and admission accepted."""
    pods = kube.call("GET", f"/api/v1/namespaces/{where}/pods")["items"]
    return pods if {pod["metadata"]["labels"]["component"] for pod in pods} == {"hub", "proxy"} else []


def warnings(kube: KubeServer, where: str) -> list[str]:
    events = kube.call("GET", f"/api/v1/namespaces/{where}/events")["items"]
    return [event["message"] for event in events if event["type"] == "Warning"]


def test_a_full_quota_keeps_its_spelling(kube: KubeServer, api: Api):
    """To Kubernetes, 1,000 pods are “1k” and 1,024 Ti are “1Pi”."""
    made = release(UID.format(90), "many", wanted="suspended", about__heads=994, singleuser__storage__capacity="4Ti")
    send(api, made)
    hard = kube.call("GET", f"/api/v1/namespaces/many-{UID.format(90)}/resourcequotas/hub")["spec"]["hard"]
    assert hard["pods"] == "1k"
    kube.call("DELETE", f"/api/v1/namespaces/many-{UID.format(90)}")
