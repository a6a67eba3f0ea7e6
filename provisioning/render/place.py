"""What a hub's objects need to know of the cluster and of the organisation. Plain data, so that `render` stays pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Images:
    """Container images of a hub, as names with tags; settings of the portal."""

    hub: str
    proxy: str
    pull_policy: str = "IfNotPresent"
    open: tuple[str, ...] = ()  # beginnings of names of images that everybody may have: a node need not ask again


@dataclass(frozen=True)
class NodePool:
    """Where people's servers may run."""

    name: str
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class ClusterFacts:
    """A row of hubs.models.Cluster, as far as objects follow from it."""

    images: Images
    routing: Literal["ingress", "gateway", "none"] = "none"
    ingress_class: str = ""
    gateway: str = ""  # NAMESPACE/NAME
    tls: Literal["issuer", "wildcard", "none"] = "none"
    tls_issuer: str = ""
    storage_class: str = ""  # "" = the cluster's default
    node_pool: NodePool | None = None  # None = any node
    enforces_network_policy: bool = True
    # Whom pods ask for names: "NAMESPACE/LABEL=VALUE" or a network; settings.CLUSTER_DNS, and what the check found.
    resolvers: tuple[str, ...] = ("kube-system/k8s-app=kube-dns",)
    # "10.0.0.1/32:6443", as the check of the cluster found them; None = not known yet.
    api_servers: tuple[str, ...] | None = None
    # What a hub's own pod reaches besides the public internet, with a port; settings.HUB_REACHES, and the portal.
    hub_reaches: tuple[str, ...] = ()
    # Pods, services and nodes of the cluster, as far as the check found them. No exception opens them.
    own_networks: tuple[str, ...] = ()
    pod_security: str = "restricted"
    # Who the portal is in the cluster: a ServiceAccount (deploy/kubernetes).
    portal_namespace: str = "hubportal"
    portal_account: str = "hubportal"


@dataclass(frozen=True)
class Agreed:
    """What staff agreed with the organisation: bounds of the namespace's ResourceQuota and LimitRange."""

    slug: str
    users_per_hub: int
    memory_per_user_mib: int
    cpu_per_user: float
    storage_per_user_mib: int
    total_memory_mib: int
    # The most that a user limit gives one person of this hub; staff may allow more than was agreed.
    largest_memory_mib: int = 0
    largest_cpu: float = 0
    largest_storage_mib: int = 0
