"""The in-memory cluster where the hubs of these tests run, as pages see it (provisioning.runtimes.memory)."""

import pytest

from hubs.models import Cluster
from provisioning.contract import Seen, Server
from provisioning.runtimes.kubernetes import KubernetesRuntime
from provisioning.runtimes.memory import Life, MemoryRuntime, World


class PretendedCluster(MemoryRuntime):
    """Rendered and declared as in a Kubernetes cluster, with no real cluster behind it."""

    capabilities = KubernetesRuntime.capabilities
    refused_again = KubernetesRuntime.refused_again
    target, render = staticmethod(KubernetesRuntime.target), staticmethod(KubernetesRuntime.render)
    probe_of, check = staticmethod(KubernetesRuntime.probe_of), staticmethod(KubernetesRuntime.check)


@pytest.fixture
def pretended():
    """Empty and healthy before and after each test."""
    shared = MemoryRuntime.shared = World()
    yield shared
    MemoryRuntime.shared = World()


@pytest.fixture
def life(pretended, ready_hub) -> Life:
    """Ines' hub as it runs there, with Mia and Tom working in it."""
    parts = {name: Seen("d", True) for name in ("files", "proxy", "hub")}
    servers = tuple(Server(name, "", True, "2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z") for name in ("mia", "tom"))
    pretended.hubs[ready_hub.uid] = made = Life(parts, servers=servers)
    ready_hub.servers = [{"user": s.user, "name": s.name, "ready": True, "started": s.started,
                          "last_activity": s.last_activity} for s in servers]  # fmt: skip
    ready_hub.save(update_fields=["servers"])
    return made


@pytest.fixture
def in_cluster(settings, cluster, pretended) -> Cluster:
    """The shared cluster as a Kubernetes cluster: rendered for real, without a real cluster behind it."""
    settings.RUNTIMES = {**settings.RUNTIMES, "kubernetes": "tests.place.PretendedCluster"}
    cluster.runtime, cluster.domain, cluster.name = "kubernetes", "hubs.example.edu", "Campus cluster"
    cluster.save()
    return cluster
