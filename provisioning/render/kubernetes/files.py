"""The base of a hub: namespace, our permissions in it, limits, the hub's account and volume, network policy."""

from hubs.spec import HubSpec
from hubs.spec.pod_pieces import container_cores, container_memory_mib
from provisioning.contract import FILES, Target
from provisioning.names import namespace
from provisioning.render.kubernetes.labels import Manifest, manifest
from provisioning.render.kubernetes.network import people_policy
from provisioning.render.kubernetes.quantity import cores, count, mebibytes
from provisioning.render.place import Agreed, ClusterFacts

HUB_MEMORY_MIB = 2048  # of the hub itself, unless its spec sets it
OWN_MEMORY_MIB = HUB_MEMORY_MIB + 512 + 512  # limits of hub and proxy, and one other pod (cert-manager's solver)
OWN_PODS = 6  # hub and proxy, each with an old pod that is still stopping, and two other pods
OWN_CPU = 2.0  # hub and proxy have one thread each, so this never slows them down
HUB_DISK_MIB = 1024  # JupyterHub's database: a few MiB per thousand users
# The hub's own permissions in its namespace (for KubeSpawner). It can't read Secrets.
HUB_RULES = [
    {
        "apiGroups": [""],
        "resources": ["pods", "persistentvolumeclaims"],
        "verbs": ["get", "watch", "list", "create", "delete"],
    },
    {"apiGroups": [""], "resources": ["events"], "verbs": ["get", "watch", "list"]},
]


def own_memory_mib(spec: HubSpec) -> int:
    """Return the memory limit of hub, proxy and another pod together, in MiB: more if the spec gives the hub more."""
    return OWN_MEMORY_MIB + max(0, container_memory_mib(spec.hub.resources) - HUB_MEMORY_MIB)


def files(target: Target, spec: HubSpec, facts: ClusterFacts, agreed: Agreed) -> list[Manifest]:
    """Return manifests in the order of applying: the ones after our RoleBinding need its permissions."""
    return [
        room(target, facts.pod_security),
        our_right(target, facts),
        _quota(target, spec, agreed),
        _limits(target, spec, agreed),
        manifest(target, FILES, "v1", "ServiceAccount", "hub", "hub"),
        manifest(target, FILES, "rbac.authorization.k8s.io/v1", "Role", "hub", "hub", rules=HUB_RULES),
        _binding(target, "hub", "hub", "Role", "hub", "hub", namespace(target.slug, target.uid)),
        _disk(target, facts),
        people_policy(target, spec, facts),
    ]


def room(target: Target, pod_security: str) -> Manifest:
    made = manifest(target, FILES, "v1", "Namespace", namespace(target.slug, target.uid), "hub")
    for mode in ("enforce", "warn", "audit"):
        made["metadata"]["labels"][f"pod-security.kubernetes.io/{mode}"] = pod_security
    made["metadata"]["labels"]["pod-security.kubernetes.io/enforce-version"] = "latest"
    return made


def _binding(
    target: Target, name: str, component: str, kind: str, role: str, account: str, account_namespace: str
) -> Manifest:
    return manifest(
        target, FILES, "rbac.authorization.k8s.io/v1", "RoleBinding", name, component,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        subjects=[{"kind": "ServiceAccount", "name": account, "namespace": account_namespace}],
    )  # fmt: skip


def our_right(target: Target, facts: ClusterFacts) -> Manifest:
    """Return the RoleBinding by which the portal gets its permissions in this namespace only (deploy/kubernetes)."""
    account, home = facts.portal_account, facts.portal_namespace
    return _binding(target, "hubportal", "hub", "ClusterRole", "hubportal-hub", account, home)


def _quota(target: Target, spec: HubSpec, agreed: Agreed) -> Manifest:
    """Return the quota: the organisation's limits, or more if staff allowed more for this hub or one of its users.

    So a change of the spec within the limits does not change the quota. Memory: see `hubs.spec.admission.together`.
    """
    memory = max(agreed.total_memory_mib, spec.seats * spec.memory_mib, agreed.largest_memory_mib)
    people = max(agreed.users_per_hub, spec.about.heads, spec.seats)
    storage = max(
        agreed.users_per_hub * agreed.storage_per_user_mib, people * spec.storage_mib, agreed.largest_storage_mib
    )
    hard = {
        "pods": count(people + OWN_PODS),
        "limits.memory": mebibytes(memory + own_memory_mib(spec)),
        "persistentvolumeclaims": count(people + 1),
        "requests.storage": mebibytes(storage + HUB_DISK_MIB),
    }
    return manifest(target, FILES, "v1", "ResourceQuota", "hub", "hub", spec={"hard": hard})


def _limits(target: Target, spec: HubSpec, agreed: Agreed) -> Manifest:
    """Return limits of a container or volume, and defaults for containers without limits, which a quota requires.

    `default` has a CPU limit because Kubernetes would use `max` otherwise. If people's servers have no limit of their
    own, it limits them.
    """
    memory = max(agreed.memory_per_user_mib, agreed.largest_memory_mib, spec.memory_mib, own_memory_mib(spec))
    cpu = max(agreed.cpu_per_user, agreed.largest_cpu, spec.cpu, OWN_CPU, container_cores(spec.hub.resources))
    storage = max(agreed.storage_per_user_mib, agreed.largest_storage_mib, spec.storage_mib, HUB_DISK_MIB)
    limits = [
        {
            "type": "Container",
            "max": {"cpu": cores(cpu), "memory": mebibytes(memory)},
            "default": {
                "cpu": cores(OWN_CPU if spec.singleuser.cpu.limit else cpu),
                "memory": "512Mi" if spec.singleuser.memory.limit else mebibytes(memory),
            },
            "defaultRequest": {"cpu": "10m", "memory": "64Mi"},
        },
        {"type": "PersistentVolumeClaim", "max": {"storage": mebibytes(storage)}},
    ]
    return manifest(target, FILES, "v1", "LimitRange", "hub", "hub", spec={"limits": limits})


def _disk(target: Target, facts: ClusterFacts) -> Manifest:
    spec: Manifest = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": mebibytes(HUB_DISK_MIB)}},
    }
    if facts.storage_class:
        spec["storageClassName"] = facts.storage_class
    return manifest(target, FILES, "v1", "PersistentVolumeClaim", "hub-db-dir", "hub", spec=spec)
