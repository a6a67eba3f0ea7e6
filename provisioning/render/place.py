"""Facts about the cluster and the organisation for a hub's objects. Plain data, so that `render` stays pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Images:
    """Container images of a hub, as names with tags; settings of the portal."""

    hub: str
    proxy: str
    pull_policy: str = "IfNotPresent"
    open: tuple[str, ...] = ()  # prefixes of public images, which need no check at the registry each time


@dataclass(frozen=True)
class NodePool:
    """The nodes for people's servers."""

    name: str
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class ClusterFacts:
    """The properties of a hubs.models.Cluster that affect objects."""

    images: Images
    routing: Literal["ingress", "gateway", "none"] = "none"
    ingress_class: str = ""
    gateway: str = ""  # NAMESPACE/NAME
    tls: Literal["issuer", "wildcard", "none"] = "none"
    tls_issuer: str = ""
    storage_class: str = ""  # "" = the cluster's default
    node_pool: NodePool | None = None  # None = any node
    enforces_network_policy: bool = True
    # DNS resolvers: "NAMESPACE/LABEL=VALUE" or a network; from settings.CLUSTER_DNS and the cluster check.
    resolvers: tuple[str, ...] = ("kube-system/k8s-app=kube-dns",)
    # "10.0.0.1/32:6443", from the cluster check; None = not known yet.
    api_servers: tuple[str, ...] | None = None
    # Destinations of a hub's own pod besides the public internet, with port; settings.HUB_REACHES, and the portal.
    hub_reaches: tuple[str, ...] = ()
    # Networks of pods, Services and nodes, as far as the check found them. No exception allows access to them.
    own_networks: tuple[str, ...] = ()
    pod_security: str = "restricted"
    # The portal's ServiceAccount in the cluster (deploy/kubernetes).
    portal_namespace: str = "hubportal"
    portal_account: str = "hubportal"
    words: str = ""  # translations of sentences on hubs' pages (provisioning.hub_words)


@dataclass(frozen=True)
class Agreed:
    """The organisation's limits, which determine the namespace's ResourceQuota and LimitRange."""

    slug: str
    users_per_hub: int
    memory_per_user_mib: int
    cpu_per_user: float
    storage_per_user_mib: int
    total_memory_mib: int
    # The highest user limits of this hub; staff can allow more than the organisation's limits.
    largest_memory_mib: int = 0
    largest_cpu: float = 0
    largest_storage_mib: int = 0
