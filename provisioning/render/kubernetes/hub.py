"""The hub itself: its configuration, its secrets and its pod. A change of the spec changes only this part."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from hubs.spec import HubSpec, hub_secrets, offers
from hubs.spec.container_sizes import quantity
from hubs.spec.hub import HubSettings
from hubs.spec.profile_order import orders
from provisioning.contract import HUB, Target, digest
from provisioning.names import base_path, host, namespace, oauth_callback
from provisioning.render.kubernetes.address import OWN_TLS_SECRET, TLS_SECRET
from provisioning.render.kubernetes.images import NAME as PULL_SECRET
from provisioning.render.kubernetes.images import pull_secret
from provisioning.render.kubernetes.labels import Manifest, manifest, pod_labels
from provisioning.render.kubernetes.network import HUB_PORT, hub_policy
from provisioning.render.kubernetes.workload import RESTRICTED, as_user, encoded, one_pod, probe, proxy_token, service
from provisioning.render.place import ClusterFacts
from provisioning.render.values import PortalSignIn, hub_values, typed_secrets

NAME = "hub"  # of the hub's own ConfigMap, Secret and Deployment
GUARDED = ("Secret", "ConfigMap", "PersistentVolumeClaim", "ServiceAccount")
CONFIG_PATH, SECRET_PATH, STATE_PATH = "/usr/local/etc/jupyterhub", "/etc/jupyterhub/secret", "/srv/jupyterhub"
# A hub takes about 130 MB, and a few KB per user; starting 500 servers at once stays below 1 GiB.
RESOURCES = {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}}
HUBSIDE = Path(__file__).resolve().parents[2] / "hubside"
# Files that the hub's process reads unchanged: file in the ConfigMap -> text.
TEXTS = {
    "jupyterhub_config.py": (HUBSIDE / "kubernetes" / "jupyterhub_config.py").read_text(encoding="utf-8"),
    "people_servers.py": (HUBSIDE / "kubernetes" / "people_servers.py").read_text(encoding="utf-8"),
    "languages.py": (HUBSIDE / "common" / "languages.py").read_text(encoding="utf-8"),
    "hub_groups.py": (HUBSIDE / "common" / "hub_groups.py").read_text(encoding="utf-8"),
    "material.py": (HUBSIDE / "common" / "material.py").read_text(encoding="utf-8"),
    "portal_sign_in.py": (HUBSIDE / "common" / "portal_sign_in.py").read_text(encoding="utf-8"),
    "sign_in_methods.py": (HUBSIDE / "common" / "sign_in_methods.py").read_text(encoding="utf-8"),
    "user_limits.py": (HUBSIDE / "common" / "user_limits.py").read_text(encoding="utf-8"),
    "offers.py": Path(offers.__file__).read_text(encoding="utf-8"),  # the same rule for the portal and for each hub
    "error.html": (HUBSIDE / "common" / "pages" / "error.html").read_text(encoding="utf-8"),
    "page.html": (HUBSIDE / "common" / "pages" / "page.html").read_text(encoding="utf-8"),
}
PATHS = {
    name: f"pages/{name}" for name in TEXTS if name.endswith(".html")
}  # paths of files that are not mounted by their name


def cluster_values(target: Target, spec: HubSpec, sign_in: PortalSignIn, facts: ClusterFacts) -> dict[str, Any]:
    """Return the hub's values, with those of the cluster. `custom`, which the chart does not use, is the portal's."""
    values = hub_values(target, spec, sign_in)
    custom = values.pop("custom", {})
    user = values["singleuser"]
    user["image"].setdefault("pullPolicy", facts.images.pull_policy)
    user = {"uid": 1000, "fsGid": 100, **user}  # jovyan and users, in Jupyter's images
    values["singleuser"] = user
    if facts.storage_class and user["storage"]["type"] == "dynamic":
        user["storage"].setdefault("dynamic", {}).setdefault("storageClass", facts.storage_class)
    if facts.node_pool:
        user["nodeSelector"] = {**dict(facts.node_pool.node_selector), **user.get("nodeSelector", {})}
        tolerations = [dict(toleration) for toleration in facts.node_pool.tolerations]
        user["extraTolerations"] = [*tolerations, *user.get("extraTolerations", [])]
    values["custom"] = {
        **{name: said for name, said in custom.items() if name == "singleuserAdmin"},
        "url": target.url,
        "uid": target.uid,
        "release": namespace(target.slug, target.uid),
        "portalSignIn": spec.signIn.method == "portal",
        "openImages": list(facts.images.open),
        "title": spec.about.title,
    }
    if target.first_url:  # people who start there are redirected back there
        values["custom"]["callbacks"] = {host(target.first_url): oauth_callback(target.first_url)}
    return values


def hub(
    target: Target,
    spec: HubSpec,
    secrets: Mapping[str, str],
    sign_in: PortalSignIn,
    facts: ClusterFacts,
    restart_at: str,
    code: str = "",
    beside: Sequence[Manifest] = (),
) -> tuple[list[Manifest], str]:
    """Return (manifests, the revision that the hub will report). Raise KeyError if a secret is missing. `beside`:
    objects of other parts, which people's servers must not use either."""
    told = cluster_values(target, spec, sign_in, facts)
    if code:
        told["hub"]["extraConfig"] = {"staff": code}
    pull = pull_secret(target, told, secrets)
    known = {name: secrets[name] for name in hub_secrets.OF_HUB}
    if typed := typed_secrets(told, spec, secrets):
        known["values.json"] = json.dumps(typed)
    told["custom"]["ours"] = _ours(beside)
    # Everything that a running hub has read. It includes random secrets, so the digest reveals nothing.
    order = orders(told["singleuser"].get("profileList"))
    texts = {**TEXTS, **({"words.json": facts.words} if facts.words else {})}
    said = [told, texts, known, secrets[hub_secrets.PROXY], facts.images.hub, restart_at]
    revision = digest([*said, order] if order else said)
    # A new pod may briefly have old files mounted. They contain their revision, and the hub compares it.
    told["custom"]["revision"] = revision
    data = encoded(known | {"revision": revision})
    values = json.dumps(told, ensure_ascii=False, indent=1)
    return [
        manifest(target, HUB, "v1", "ConfigMap", NAME, "hub", data={"values.json": values, **texts}),
        manifest(target, HUB, "v1", "Secret", NAME, "hub", type="Opaque", data=data),
        *pull,
        *_extra_files(target, told["singleuser"].get("extraFiles", {})),
        hub_policy(target, spec, facts, sign_in.portal_url),
        service(target, HUB, "hub", "hub", HUB_PORT, to="http"),
        one_pod(target, HUB, _pod(target, facts, spec.hub, revision, restart_at, ("values.json", *texts))),
    ], revision


def _ours(others: Sequence[Manifest]) -> dict[str, list[str]]:
    """Return names that people's servers must not use, by kind: all objects of the portal in the namespace except their
    files, those of cert-manager, and tokens of accounts (people_servers.not_theirs)."""
    known = [(one["kind"], one["metadata"]["name"]) for one in others]
    known += [("Secret", name) for name in (NAME, PULL_SECRET, TLS_SECRET, OWN_TLS_SECRET)] + [("ConfigMap", NAME)]
    found = {kind: sorted({name for one, name in known if one == kind}) for kind in GUARDED}
    tokens = [f"{account}-token-" for account in (*found["ServiceAccount"], "default")]
    return {**found, "prefixes": [f"{TLS_SECRET}-", f"{OWN_TLS_SECRET}-", *tokens, "sh.helm.release."]}


def _extra_files(target: Target, files: Mapping[str, Any]) -> list[Manifest]:
    """Return the ConfigMap of files for people's servers, as in Zero to JupyterHub's `singleuser.extraFiles`."""
    if not files:
        return []
    texts = {}
    for number, (name, file) in enumerate(sorted(files.items())):  # numbered as in the hub
        data = file.get("data")
        text = yaml.safe_dump(data, sort_keys=False) if name.endswith((".yaml", ".yml")) else json.dumps(data, indent=1)
        texts[f"file-{number}"] = text if data is not None else file.get("stringData", "")
    return [manifest(target, HUB, "v1", "ConfigMap", "singleuser-files", "singleuser-server", data=texts)]


def _resources(said: Mapping[str, Any]) -> Manifest:
    """Return the hub's resources: defaults and the spec's. A request is never above its limit."""
    limits = {**RESOURCES["limits"], **said.get("limits", {})}
    requests = {**RESOURCES["requests"], **said.get("requests", {})}
    for name in requests:
        asked, most = quantity(requests[name]), quantity(limits.get(name))
        if asked is not None and most is not None and asked > most:
            requests[name] = limits[name]
    return {"requests": {name: str(size) for name, size in requests.items()},
            "limits": {name: str(size) for name, size in limits.items()}}  # fmt: skip


def _pod(
    target: Target, facts: ClusterFacts, said: HubSettings, revision: str, restart_at: str, files: Sequence[str]
) -> Manifest:
    """Return the hub's pod. `said`: the spec's settings of the hub, including its pod. `files`: of its ConfigMap."""
    own = {name: text for name, text in said.annotations.items() if not name.startswith("hubportal/")}
    annotations = {**own, "hubportal/revision": revision}
    annotations |= {"hubportal/restart-at": restart_at} if restart_at else {}
    items = [{"key": name, "path": PATHS.get(name, name)} for name in files]
    return {
        "metadata": {
            "labels": pod_labels(target, "hub", "proxy-api", "proxy-http", "singleuser"),
            "annotations": annotations,
        },
        "spec": {
            "serviceAccountName": "hub",
            "enableServiceLinks": False,
            **({"nodeSelector": dict(said.nodeSelector)} if said.nodeSelector else {}),
            "securityContext": as_user(1000, runAsGroup=1000, fsGroup=1000),
            "containers": [_container(target, facts, said, revision)],
            "volumes": [
                {"name": "state", "persistentVolumeClaim": {"claimName": "hub-db-dir"}},
                {"name": "config", "configMap": {"name": "hub", "items": items}},
                {"name": "secret", "secret": {"secretName": "hub"}},
            ],
        },
    }


def _container(target: Target, facts: ClusterFacts, said: HubSettings, revision: str) -> Manifest:
    health = f"{base_path(target.url)}hub/health"
    return {
        "name": "hub",
        "image": facts.images.hub,
        "imagePullPolicy": facts.images.pull_policy,
        "args": ["jupyterhub", "--config", f"{CONFIG_PATH}/jupyterhub_config.py", "--upgrade-db"],
        "env": [
            {
                "name": "POD_NAMESPACE",
                "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}},
            },
            proxy_token(),
            {"name": "HUBPORTAL_REVISION", "value": revision},
        ],
        "ports": [{"name": "http", "containerPort": HUB_PORT, "protocol": "TCP"}],
        "livenessProbe": probe(health, delay=300, period=10, timeout=3, failures=30),
        "readinessProbe": probe(health, delay=0, period=2, timeout=1, failures=1000),
        "resources": _resources(said.resources),
        "securityContext": RESTRICTED,
        "volumeMounts": [
            {"mountPath": STATE_PATH, "name": "state"},
            {"mountPath": CONFIG_PATH, "name": "config"},
            {"mountPath": SECRET_PATH, "name": "secret", "readOnly": True},
        ],
    }
