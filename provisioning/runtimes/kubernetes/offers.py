"""What a cluster offers, for the cluster check: classes, certificates, capacity. Configured names must exist; what the
portal can't read is unknown, and is not an error."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml
from cryptography import x509

from provisioning.contract import Finding
from provisioning.errors import Missing, RuntimeFault
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.kinds import GATEWAY, NETWORK, Kind

STORAGE_CLASS = Kind("StorageClass", "/apis/storage.k8s.io/v1", "storageclasses", namespaced=False)
INGRESS_CLASS = Kind("IngressClass", NETWORK, "ingressclasses", namespaced=False)
ISSUER = Kind("ClusterIssuer", "/apis/cert-manager.io/v1", "clusterissuers", namespaced=False)
GATEWAYS = Kind("Gateway", GATEWAY, "gateways")
NODE = Kind("Node", "/api/v1", "nodes", namespaced=False)
POD = Kind("Pod", "/api/v1", "pods")
DEFAULT_STORAGE = "storageclass.kubernetes.io/is-default-class"
DEFAULT_INGRESS = "ingressclass.kubernetes.io/is-default-class"
SOON = timedelta(days=14)
GIB = 1024**3
SUFFIXES = {"m": Decimal("0.001"), "": Decimal(1)} | {
    letter + i: Decimal((1024 if i else 1000) ** power)
    for power, letter in enumerate("kMGTPE", start=1)
    for i in ("", "i")
} | {"Ki": Decimal(1024)}  # fmt: skip
Live = Mapping[str, Any]


Question = Callable[[Api, Any], list[Finding]]


def not_known(fault: RuntimeFault) -> str:
    if fault.reason == "NotPermitted":
        return "Not known: the portal has no permission to read this, and does not need it."
    return f"Not known. {fault.message}"


def quantity(text: Any) -> Decimal:
    """Return a Kubernetes quantity as a number: "250m" is 0.25, "1Gi" is in bytes. 0 if it can't be read."""
    said = str(text)
    number = said.rstrip("kKMGTPEim")
    try:
        return Decimal(number) * SUFFIXES[said[len(number) :]]
    except (InvalidOperation, KeyError):
        return Decimal(0)


def _name(live: Live) -> str:
    return str(live.get("metadata", {}).get("name", ""))


def _is_default(live: Live, annotation: str) -> bool:
    return (live.get("metadata", {}).get("annotations") or {}).get(annotation) == "true"


def _condition(conditions: Any, kind: str) -> Mapping[str, Any]:
    return next((row for row in conditions or [] if row.get("type") == kind), {})


def _there_are(names: list[str]) -> str:
    return f"Available: {', '.join(sorted(names))}." if names else "None is available."


# --- classes ----------------------------------------------------------------------------------------------------------
def storage(api: Api, cluster: Any) -> list[Finding]:
    rows = {_name(row): row for row in api.list(STORAGE_CLASS)}
    if missing := [name for name in cluster.storage_classes if name not in rows]:
        said = f"Not found in the cluster: {', '.join(missing)}. {_there_are(list(rows))}"
        return [Finding("Storage", False, said)]
    defaults = [name for name, row in rows.items() if _is_default(row, DEFAULT_STORAGE)]
    if not cluster.storage_classes and not defaults:
        said = f"The cluster has no default storage class, so choose one for hubs. {_there_are(list(rows))}"
        return [Finding("Storage", False, said)]
    used = cluster.storage_classes or defaults[:1]
    fixed = [name for name in used if not rows[name].get("allowVolumeExpansion")]
    note = f" Volumes of {', '.join(fixed)} can’t be enlarged later." if fixed else ""
    return [Finding("Storage", True, f"Available: {', '.join(used)}.{note}")]


def ingress(api: Api, cluster: Any) -> list[Finding]:
    if cluster.routing != "ingress":
        return []
    rows = {_name(row): row for row in api.list(INGRESS_CLASS)}
    if cluster.ingress_class:
        if cluster.ingress_class in rows:
            return [Finding("Ingress", True, f"Class {cluster.ingress_class} is available.")]
        said = f"The cluster has no ingress class {cluster.ingress_class}."
        return [Finding("Ingress", False, f"{said} {_there_are(list(rows))}")]
    if defaults := [name for name, row in rows.items() if _is_default(row, DEFAULT_INGRESS)]:
        return [Finding("Ingress", True, f"The cluster’s default class is {defaults[0]}.")]
    said = "No ingress class is set, and the cluster has no default class. Hubs may not be reachable."
    return [Finding("Ingress", None, f"{said} {_there_are(list(rows))}")]


def gateway(api: Api, cluster: Any) -> list[Finding]:
    if cluster.routing != "gateway":
        return []
    where, _, name = cluster.gateway.partition("/")
    try:
        row = api.request("GET", GATEWAYS.path(where, name), doing="read the Gateway")
    except Missing:
        return [Finding("Gateway", False, f"There is no Gateway {cluster.gateway}, or no Gateway API.")]
    listeners = row.get("spec", {}).get("listeners") or []
    opened = [((one.get("allowedRoutes") or {}).get("namespaces") or {}).get("from", "Same") for one in listeners]
    if not any(one in ("All", "Selector") for one in opened):
        said = f"{cluster.gateway} accepts routes only from its namespace. Set allowedRoutes.namespaces on a listener."
        return [Finding("Gateway", False, said)]
    works = _condition(row.get("status", {}).get("conditions"), "Programmed")
    if works.get("status") == "False":
        said = " ".join(str(works.get("message", "")).split())[:200]
        return [Finding("Gateway", False, f"{cluster.gateway} is not working: {said}")]
    return [Finding("Gateway", True, f"{cluster.gateway} accepts routes from hubs.")]


def tls(api: Api, cluster: Any) -> list[Finding]:
    if cluster.tls == "none":
        return [Finding("TLS", None, "Hubs use http:// addresses: passwords and files are sent unencrypted.")]
    if cluster.tls == "wildcard":
        said = f"The certificate for *.{cluster.domain} is managed outside the portal and is not checked here."
        return [Finding("TLS", None, said)]
    try:
        row = api.request("GET", ISSUER.path("", cluster.tls_issuer), doing="read the ClusterIssuer")
    except Missing:
        return [Finding("TLS", False, f"There is no ClusterIssuer {cluster.tls_issuer}, or no cert-manager.")]
    ready = _condition(row.get("status", {}).get("conditions"), "Ready")
    if ready.get("status") != "True":
        said = " ".join(str(ready.get("message") or "it has not reported that it is ready").split())[:200]
        return [Finding("TLS", False, f"ClusterIssuer {cluster.tls_issuer} is not ready: {said}")]
    return [Finding("TLS", True, f"ClusterIssuer {cluster.tls_issuer} is ready.")]


# --- capacity ---------------------------------------------------------------------------------------------------------
def room(api: Api, cluster: Any) -> list[Finding]:
    nodes = [node for node in api.list(NODE) if not node.get("spec", {}).get("unschedulable")]
    has = {
        kind: sum(quantity(n.get("status", {}).get("allocatable", {}).get(kind, 0)) for n in nodes) for kind in _KINDS
    }
    took = dict.fromkeys(_KINDS, Decimal(0))
    for pod in api.list(POD):
        if pod.get("status", {}).get("phase") in ("Succeeded", "Failed") or not pod.get("spec", {}).get("nodeName"):
            continue
        for container in pod["spec"].get("containers") or []:
            for kind in _KINDS:
                took[kind] += quantity((container.get("resources", {}).get("requests") or {}).get(kind, 0))
    memory, cpu = (max(Decimal(0), has[kind] - took[kind]) for kind in _KINDS)
    number = f"{len(nodes)} node{'' if len(nodes) == 1 else 's'}"
    bytes_text = f"{memory / GIB:.0f} of {has['memory'] / GIB:.0f} GiB memory"
    said = f"{number}; {bytes_text} and {cpu:.1f} of {has['cpu']:.1f} cores are available."
    found = [Finding("Capacity", True if nodes else None, said if nodes else "No node accepts pods at the moment.")]
    return found + [_pool(pool, nodes) for pool in cluster.node_pools]


_KINDS = ("memory", "cpu")


def _pool(pool: Mapping[str, Any], nodes: Sequence[Live]) -> Finding:
    wanted = (pool.get("nodeSelector") or {}).items()
    fits = [n for n in nodes if wanted <= (n.get("metadata", {}).get("labels") or {}).items()]
    if fits:
        return Finding(f"Node pool {pool['name']}", True, f"{len(fits)} of {len(nodes)} nodes belong to this pool.")
    said = "No node belongs to this pool at the moment. This is normal if nodes are added on demand."
    return Finding(f"Node pool {pool['name']}", None, said)


QUESTIONS: dict[str, Question] = {
    "Storage": storage,
    "Ingress": ingress,
    "Gateway": gateway,
    "TLS": tls,
    "Capacity": room,
}
NAMES = {question: name for name, question in QUESTIONS.items()}


# --- expiry of credentials --------------------------------------------------------------------------------------------
def ends(kubeconfig: str) -> datetime | None:
    """Return when these credentials expire, if that is known: from a certificate, or from a token that is a JWT."""
    try:
        user = yaml.safe_load(kubeconfig)["users"][0]["user"]
        if token := user.get("token"):
            body = token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            return datetime.fromtimestamp(float(claims["exp"]), UTC)
        pem = base64.b64decode(user["client-certificate-data"])
        return x509.load_pem_x509_certificate(pem).not_valid_after_utc
    except (yaml.YAMLError, binascii.Error, LookupError, ValueError, TypeError, AttributeError, OverflowError, OSError):
        return None


def credentials(kubeconfig: str, now: datetime | None = None) -> list[Finding]:
    end = ends(kubeconfig) if kubeconfig else None
    if end is None:
        return []
    left = end - (now or datetime.now(UTC))
    said = f"The credentials expire on {end:%-d %B %Y}."
    if left > SOON:
        return [Finding("Credentials", True, said)]
    return [Finding("Credentials", None, f"{said} Replace them before then. After that the portal can’t manage hubs.")]
