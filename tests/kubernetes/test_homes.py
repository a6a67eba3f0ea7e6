"""What happens to existing home directories when a hub changes their size or storage class, as
hubs.requests.queries.consequences says. Uses the real KubeSpawner, and a real API server with its rules for claims."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hubs.models import Hub
from hubs.requests.queries.consequences import consequences
from provisioning.contract import HUB
from provisioning.runtimes.kubernetes import volumes
from provisioning.runtimes.kubernetes.client import connect
from provisioning.runtimes.kubernetes.world import look
from tests.runtimes.worlds import hub_spec

from .hub_process import HubProcess
from .server import KubeServer

pytestmark = pytest.mark.kubernetes
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


@pytest.fixture(params=[True, False], ids=["growing", "fixed"])
def storage_class(request: pytest.FixtureRequest, kube: KubeServer) -> Iterator[tuple[str, bool]]:
    """A class whose volumes can grow, and one whose volumes can't."""
    name = "homes-growing" if request.param else "homes-fixed"
    kube.call("POST", CLASSES, {"metadata": {"name": name}, "provisioner": "example.org/disk",
                                "allowVolumeExpansion": request.param})  # fmt: skip
    yield name, request.param
    kube.call("DELETE", f"{CLASSES}/{name}")


def storage(**more: Any) -> dict[str, Any]:
    return {f"singleuser__storage__{name}": value for name, value in more.items()}


def test_existing_home_directories_grow_or_keep_their_size(
    storage_class: tuple[str, bool], kube: KubeServer, tmp_path: Path
) -> None:
    name, grows = storage_class
    first, then = storage(capacity="2Gi", dynamic__storageClass=name), storage(capacity="3Gi")
    with HubProcess(kube, tmp_path / "first", **first) as hub:
        hub.spawn("mia")
        claim = f"/api/v1/namespaces/{hub.namespace}/persistentvolumeclaims/claim-mia"
        bind(kube, claim)
        after = HubProcess(kube, tmp_path / "then", **then)
        after.target, after.namespace = hub.target, hub.namespace
        part = next(part for part in after.release.parts if part.name == HUB)
        api = connect(json.dumps(kube.admin_kubeconfig()), 10)
        volumes.grow_homes(api, look(api, hub.target), part)
        kept = kube.call("GET", claim)["spec"]
        assert kept["resources"]["requests"]["storage"] == ("3Gi" if grows else "2Gi")
        assert kept["storageClassName"] == name
        volumes.grow_homes(api, look(api, hub.target), next(p for p in hub.release.parts if p.name == HUB))
        assert kube.call("GET", claim)["spec"] == kept, "none shrinks"
    told = [f"{one.title}: {one.text}" for one in consequences(hub_spec(**first), hub_spec(**then), Hub(servers=[]))]
    assert any("Home directories grow: Existing home directories that are smaller grow" in one for one in told)
    assert any("Existing home directories keep their storage class." in one for one in told)


def bind(kube: KubeServer, claim: str) -> None:
    """Bind the claim as a volume controller would: only bound claims can grow."""
    kube.call("PATCH", f"{claim}/status", {"status": {"phase": "Bound"}}, "application/merge-patch+json")
