"""The list of all permissions that the portal uses in a cluster. The cluster check verifies each of them, and the
ClusterRoles of deploy/kubernetes are compared with it. Pure.

"cluster": held cluster-wide (ClusterRole hubportal). "hub": held only in namespaces that the portal creates, where it
binds itself to ClusterRole hubportal-hub. A list or watch that is held cluster-wide is not listed twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hubs.language import lazy

HUB_ROLE = "hubportal-hub"
CORE, APPS, NETWORK, RBAC = "", "apps", "networking.k8s.io", "rbac.authorization.k8s.io"
GATEWAY, STORAGE, CERTS = "gateway.networking.k8s.io", "storage.k8s.io", "cert-manager.io"
DISCOVERY = "discovery.k8s.io"


@dataclass(frozen=True)
class Permission:
    """As in an RBAC rule: a subresource is "pods/log", the core group is ""."""

    scope: Literal["cluster", "hub"]
    group: str
    resource: str
    verb: str
    why: str  # completes "Needed to …"
    name: str = ""  # only this object
    needed: bool = True  # False: the check reports less without it, but hubs work

    def __str__(self) -> str:
        """In the usual words for RBAC: "patch deployments (apps)", "bind clusterroles hubportal-hub"."""
        group = f" ({self.group})" if self.group else ""
        return f"{self.verb} {self.resource}{f' {self.name}' if self.name else ''}{group}"

    def attributes(self, namespace: str = "") -> dict[str, str]:
        """Return resourceAttributes of a SelfSubjectAccessReview; no namespace = all namespaces."""
        resource, _, subresource = self.resource.partition("/")
        asked = {"namespace": namespace, "verb": self.verb, "group": self.group, "resource": resource,
                 "subresource": subresource, "name": self.name}  # fmt: skip
        return {key: value for key, value in asked.items() if value or key == "group"}

    def granted_by(self, rules: Iterable[Mapping[str, Any]]) -> bool:
        """Return whether these RBAC rules (of a Role or ClusterRole) grant it."""
        return any(self._in(rule) for rule in rules)

    def _in(self, rule: Mapping[str, Any]) -> bool:
        def covers(key: str, wanted: str) -> bool:
            given = rule.get(key) or []
            return wanted in given or "*" in given

        names = rule.get("resourceNames") or []
        subresource = self.resource.partition("/")[2]
        resource = covers("resources", self.resource) or (
            bool(subresource) and f"*/{subresource}" in (rule.get("resources") or [])
        )
        here = not names or self.name in names
        return covers("apiGroups", self.group) and resource and covers("verbs", self.verb) and here


# The objects of a hub, except its namespace: (group, resource, purpose).
_MADE = (
    (RBAC, "rolebindings", lazy("allow a hub to start servers")),
    (RBAC, "roles", lazy("allow a hub to start servers")),
    (CORE, "serviceaccounts", lazy("give each hub its own identity")),
    (CORE, "resourcequotas", lazy("keep a hub within its limits")),
    (CORE, "limitranges", lazy("keep a hub within its limits")),
    (CORE, "persistentvolumeclaims", lazy("store files")),
    (CORE, "configmaps", lazy("configure a hub")),
    (CORE, "services", lazy("route people to a hub")),
    (NETWORK, "networkpolicies", lazy("isolate hubs from each other")),
    (NETWORK, "ingresses", lazy("route people to a hub")),
    (GATEWAY, "httproutes", lazy("route people to a hub")),
    (APPS, "deployments", lazy("run a hub and its proxy")),
)
_SEEN = lazy("notice changes to hubs")


def _cluster() -> Iterable[Permission]:
    home = lazy("create, update and remove a hub’s namespace")
    for verb in ("get", "create", "patch", "delete"):
        yield Permission("cluster", CORE, "namespaces", verb, home)
    for group, resource in [(CORE, "namespaces"), (CORE, "pods"), *((group, name) for group, name, _ in _MADE)]:
        for verb in ("list", "watch"):
            yield Permission("cluster", group, resource, verb, _SEEN)
    itself = lazy("grant itself its permissions in a new hub’s namespace")
    for verb in ("create", "patch"):
        yield Permission("cluster", RBAC, "rolebindings", verb, itself)
    only = lazy("let hubs reach the API server and no other private address")
    yield Permission("cluster", DISCOVERY, "endpointslices", "get", only, name="kubernetes")
    yield Permission("cluster", RBAC, "clusterroles", "bind", itself, name=HUB_ROLE)
    check = lazy("show more details in this check")
    for group, resource, verb, name in (
        (RBAC, "clusterroles", "get", HUB_ROLE),
        (CORE, "nodes", "list", ""),
        (NETWORK, "servicecidrs", "list", ""),
        (STORAGE, "storageclasses", "list", ""),
        (NETWORK, "ingressclasses", "list", ""),
        (GATEWAY, "gateways", "get", ""),
        (CERTS, "clusterissuers", "get", ""),
    ):
        yield Permission("cluster", group, resource, verb, check, name=name, needed=False)


def _hub() -> Iterable[Permission]:
    for group, resource, why in _MADE:
        for verb in ("create", "patch", "delete"):
            if (group, resource, verb) not in _EVERYWHERE:
                yield Permission("hub", group, resource, verb, why)
    for verb in ("list", "create", "patch", "delete"):
        yield Permission("hub", CORE, "secrets", verb, lazy("store a hub’s secrets"))
    yield Permission("hub", CORE, "pods", "delete", lazy("stop and restart servers"))
    yield Permission("hub", CORE, "pods/log", "get", lazy("show a hub’s log"))
    yield Permission("hub", CORE, "services/proxy", "get", lazy("check whether a hub works and who is using it"))
    yield Permission("hub", CORE, "services/proxy", "create", lazy("ask a hub to start a server"))
    yield Permission("hub", CORE, "services/proxy", "delete", lazy("ask a hub to stop a server"))
    # RBAC only allows granting permissions that one holds: these are of the Role "hub" (for KubeSpawner).
    spawner = lazy("let a hub start people’s servers")
    for verb in ("get", "create"):
        yield Permission("hub", CORE, "pods", verb, spawner)
    yield Permission("hub", CORE, "persistentvolumeclaims", "get", spawner)
    for verb in ("get", "list", "watch"):
        yield Permission("hub", CORE, "events", verb, lazy("explain why something does not start"))


_EVERYWHERE = {(RBAC, "rolebindings", "create"), (RBAC, "rolebindings", "patch")}
PERMISSIONS: tuple[Permission, ...] = (*_cluster(), *_hub())
