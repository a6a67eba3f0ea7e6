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

from hubs.language import _, calendar_day, plural
from hubs.text.sentences import paragraph
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
        return _("Not known: the portal has no permission to read this, and does not need it.")
    return _("Not known. {why}", why=fault.message)


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
    return _("Available: {names}.", names=", ".join(sorted(names))) if names else _("None is available.")


# --- classes ----------------------------------------------------------------------------------------------------------
def storage(api: Api, cluster: Any) -> list[Finding]:
    rows = {_name(row): row for row in api.list(STORAGE_CLASS)}
    if missing := [name for name in cluster.storage_classes if name not in rows]:
        said = _("Not found in the cluster: {names}.", names=", ".join(missing))
        return [Finding(title("storage"), False, paragraph([said, _there_are(list(rows))]))]
    defaults = [name for name, row in rows.items() if _is_default(row, DEFAULT_STORAGE)]
    if not cluster.storage_classes and not defaults:
        said = _("The cluster has no default storage class, so choose one for hubs.")
        return [Finding(title("storage"), False, paragraph([said, _there_are(list(rows))]))]
    used = cluster.storage_classes or defaults[:1]
    fixed = [name for name in used if not rows[name].get("allowVolumeExpansion")]
    said = _("Available: {names}.", names=", ".join(used))
    if fixed:
        said = paragraph([said, _("Volumes of {names} can’t be enlarged later.", names=", ".join(fixed))])
    return [Finding(title("storage"), True, said)]


def ingress(api: Api, cluster: Any) -> list[Finding]:
    if cluster.routing != "ingress":
        return []
    rows = {_name(row): row for row in api.list(INGRESS_CLASS)}
    if cluster.ingress_class:
        if cluster.ingress_class in rows:
            said = _("Class {name} is available.", name=cluster.ingress_class)
            return [Finding(title("ingress"), True, said)]
        said = _("The cluster has no ingress class {name}.", name=cluster.ingress_class)
        return [Finding(title("ingress"), False, paragraph([said, _there_are(list(rows))]))]
    if defaults := [name for name, row in rows.items() if _is_default(row, DEFAULT_INGRESS)]:
        return [Finding(title("ingress"), True, _("The cluster’s default class is {name}.", name=defaults[0]))]
    said = _("No ingress class is set, and the cluster has no default class. Hubs may not be reachable.")
    return [Finding(title("ingress"), None, paragraph([said, _there_are(list(rows))]))]


def gateway(api: Api, cluster: Any) -> list[Finding]:
    if cluster.routing != "gateway":
        return []
    where, _slash, name = cluster.gateway.partition("/")
    try:
        row = api.request("GET", GATEWAYS.path(where, name), doing=_("read the Gateway"))
    except Missing:
        said = _("There is no Gateway {name}, or no Gateway API.", name=cluster.gateway)
        return [Finding(title("gateway"), False, said)]
    listeners = row.get("spec", {}).get("listeners") or []
    opened = [((one.get("allowedRoutes") or {}).get("namespaces") or {}).get("from", "Same") for one in listeners]
    if not any(one in ("All", "Selector") for one in opened):
        said = _(
            "{name} accepts routes only from its namespace. Set allowedRoutes.namespaces on a listener.",
            name=cluster.gateway,
        )
        return [Finding(title("gateway"), False, said)]
    works = _condition(row.get("status", {}).get("conditions"), "Programmed")
    if works.get("status") == "False":
        why = " ".join(str(works.get("message", "")).split())[:200]
        said = _("{name} is not working: {why}", name=cluster.gateway, why=why)
        return [Finding(title("gateway"), False, said)]
    return [Finding(title("gateway"), True, _("{name} accepts routes from hubs.", name=cluster.gateway))]


def tls(api: Api, cluster: Any) -> list[Finding]:
    if cluster.tls == "none":
        said = _("Hubs use http:// addresses: passwords and files are sent unencrypted.")
        return [Finding(title("tls"), None, said)]
    if cluster.tls == "wildcard":
        said = _(
            "The certificate for *.{domain} is managed outside the portal and is not checked here.",
            domain=cluster.domain,
        )
        return [Finding(title("tls"), None, said)]
    try:
        row = api.request("GET", ISSUER.path("", cluster.tls_issuer), doing=_("read the ClusterIssuer"))
    except Missing:
        said = _("There is no ClusterIssuer {name}, or no cert-manager.", name=cluster.tls_issuer)
        return [Finding(title("tls"), False, said)]
    ready = _condition(row.get("status", {}).get("conditions"), "Ready")
    if ready.get("status") != "True":
        why = " ".join(str(ready.get("message", "")).split())[:200] or _("it has not reported that it is ready")
        said = _("ClusterIssuer {name} is not ready: {why}", name=cluster.tls_issuer, why=why)
        return [Finding(title("tls"), False, said)]
    return [Finding(title("tls"), True, _("ClusterIssuer {name} is ready.", name=cluster.tls_issuer))]


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
    said = plural(
        "{count} node; {memory} of {all_memory} GiB memory and {cpu} of {all_cpu} cores are available.",
        "{count} nodes; {memory} of {all_memory} GiB memory and {cpu} of {all_cpu} cores are available.",
        len(nodes),
        memory=f"{memory / GIB:.0f}",
        all_memory=f"{has['memory'] / GIB:.0f}",
        cpu=f"{cpu:.1f}",
        all_cpu=f"{has['cpu']:.1f}",
    )
    if not nodes:
        said = _("No node accepts pods at the moment.")
    found = [Finding(title("capacity"), True if nodes else None, said)]
    return found + [_pool(pool, nodes) for pool in cluster.node_pools]


_KINDS = ("memory", "cpu")


def _pool(pool: Mapping[str, Any], nodes: Sequence[Live]) -> Finding:
    wanted = (pool.get("nodeSelector") or {}).items()
    fits = [n for n in nodes if wanted <= (n.get("metadata", {}).get("labels") or {}).items()]
    name = _("Node pool {name}", name=pool["name"])
    if fits:
        said = _("{some} of {all} nodes belong to this pool.", some=len(fits), all=len(nodes))
        return Finding(name, True, said)
    return Finding(
        name, None, _("No node belongs to this pool at the moment. This is normal if nodes are added on demand.")
    )


QUESTIONS: dict[str, Question] = {
    "storage": storage,
    "ingress": ingress,
    "gateway": gateway,
    "tls": tls,
    "capacity": room,
}


def title(question: str) -> str:
    """Return the name of a question's findings."""
    known = {
        "storage": _("Storage"),
        "ingress": _("Ingress"),
        "gateway": _("Gateway"),
        "tls": _("TLS"),
        "capacity": _("Capacity"),
    }
    return known[question]


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
    if left > SOON:
        said = _("The credentials expire on {day}.", day=calendar_day(end))
        return [Finding(_("Credentials"), True, said)]
    said = _(
        "The credentials expire on {day}. Replace them before then. After that the portal can’t manage hubs.",
        day=calendar_day(end),
    )
    return [Finding(_("Credentials"), None, said)]
