"""The kinds of a hub's objects, and their API paths."""

from dataclasses import dataclass

from provisioning.names import LABEL_HUB, LABEL_PART


@dataclass(frozen=True)
class Kind:
    name: str
    api: str  # path of the group and version
    plural: str
    namespaced: bool = True
    fleet: bool = True  # listed and watched across namespaces? Secrets never are
    selector: str = f"{LABEL_HUB},{LABEL_PART}"  # ours
    optional: bool = False  # may be missing in a cluster

    @property
    def version(self) -> str:
        """The version as in manifests: "v1", "apps/v1"."""
        return self.api.removeprefix("/apis/").removeprefix("/api/")

    def path(self, namespace: str = "", name: str = "") -> str:
        """Return the path of the collection or of one object. Namespaced kinds without a namespace: all namespaces."""
        where = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.api}{where}/{self.plural}" + (f"/{name}" if name else "")


CORE, APPS, NETWORK = "/api/v1", "/apis/apps/v1", "/apis/networking.k8s.io/v1"
RBAC, GATEWAY = "/apis/rbac.authorization.k8s.io/v1", "/apis/gateway.networking.k8s.io/v1"

NAMESPACE = Kind("Namespace", CORE, "namespaces", namespaced=False)
POD = Kind("Pod", CORE, "pods", selector=LABEL_HUB)  # people's servers, too
HTTP_ROUTE = Kind("HTTPRoute", GATEWAY, "httproutes", optional=True)
OF_A_HUB = (
    Kind("RoleBinding", RBAC, "rolebindings"),
    Kind("Role", RBAC, "roles"),
    Kind("ServiceAccount", CORE, "serviceaccounts"),
    Kind("ResourceQuota", CORE, "resourcequotas"),
    Kind("LimitRange", CORE, "limitranges"),
    Kind("PersistentVolumeClaim", CORE, "persistentvolumeclaims"),
    Kind("ConfigMap", CORE, "configmaps"),
    Kind("Secret", CORE, "secrets", fleet=False),
    Kind("Service", CORE, "services"),
    Kind("NetworkPolicy", NETWORK, "networkpolicies"),
    Kind("Ingress", NETWORK, "ingresses"),
    HTTP_ROUTE,
    Kind("Deployment", APPS, "deployments"),
    POD,
)
KINDS = {kind.name: kind for kind in (NAMESPACE, *OF_A_HUB)}
FLEET = tuple(kind for kind in (NAMESPACE, *OF_A_HUB) if kind.fleet)
KEPT = {"Namespace", "PersistentVolumeClaim"}  # never removed just because they are no longer in the manifests
# Replaced if an immutable field has to change. No user data is lost with them.
REPLACEABLE = {"Deployment", "Service", "RoleBinding", "NetworkPolicy", "Ingress", "HTTPRoute", "ConfigMap", "Secret"}
