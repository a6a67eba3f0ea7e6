"""The head of every manifest: names and labels as in Zero to JupyterHub, and ours."""

from collections.abc import Mapping
from typing import Any

from provisioning.contract import Target
from provisioning.names import FIELD_MANAGER, LABEL_HUB, LABEL_PART, namespace

Manifest = dict[str, Any]
ACCESS = "hub.jupyter.org/network-access-"


def selector(target: Target, component: str) -> dict[str, str]:
    """Return selector labels. Immutable in a Deployment: never add to them."""
    return {"app": "jupyterhub", "component": component, "release": namespace(target.slug, target.uid)}


def pod_labels(target: Target, component: str, *access: str) -> dict[str, str]:
    """Return the labels of a pod: its hub, and its network access."""
    return {**selector(target, component), LABEL_HUB: target.uid, **{ACCESS + name: "true" for name in access}}


def manifest(target: Target, part: str, version: str, kind: str, name: str, component: str, /, **body: Any) -> Manifest:
    """Return an object in the hub's namespace."""
    meta: Manifest = {
        "name": name,
        "labels": {
            **selector(target, component),
            "app.kubernetes.io/name": "jupyterhub",
            "app.kubernetes.io/instance": namespace(target.slug, target.uid),
            "app.kubernetes.io/component": component,
            "app.kubernetes.io/managed-by": FIELD_MANAGER,
            LABEL_HUB: target.uid,
            LABEL_PART: part,
        },
    }
    if kind != "Namespace":
        meta["namespace"] = namespace(target.slug, target.uid)
    return {"apiVersion": version, "kind": kind, "metadata": meta, **body}


def keyed(manifests: list[Manifest]) -> Mapping[str, Manifest]:
    """Return a part's payload, in the order of applying."""
    return {f"{m['kind']}/{m['metadata']['name']}": m for m in manifests}
