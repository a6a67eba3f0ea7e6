"""Who may talk to whom, as in Zero to JupyterHub: access follows labels, and people's servers reach the internet but no
private address. IPv4 and IPv6."""

from hubs.spec import HubSpec
from hubs.spec.composed import WEB
from hubs.spec.imports import effective
from hubs.spec.trees import get
from hubs.spec.values import to_values
from provisioning.contract import FILES, HUB, PROXY, Target
from provisioning.render.kubernetes.labels import ACCESS, Manifest, manifest, selector

HUB_PORT, PROXY_PORT, PROXY_API_PORT, NOTEBOOK_PORT = 8081, 8000, 8001, 8888
# RFC 1918, 6598 and 3927 (cloud metadata); RFC 4193 and 4291, and AWS's metadata over IPv6.
PRIVATE_V4 = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]
PRIVATE_V6 = ["fc00::/7", "fe80::/10", "fd00:ec2::254/128"]
DNS = {"ports": [{"port": 53, "protocol": protocol} for protocol in ("TCP", "UDP")]}
# A policy sees the port of the pod that answers, and a DNS server that is not root listens above 1023.
CLUSTER_DNS = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"port": port, "protocol": protocol} for port in (1053, 5353) for protocol in ("TCP", "UDP")],
}
INTERNET = {
    "to": [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": PRIVATE_V4}},
        {"ipBlock": {"cidr": "::/0", "except": PRIVATE_V6}},
    ]
}


def _port(number: int) -> list[Manifest]:
    return [{"port": number, "protocol": "TCP"}]


def _with_access(name: str) -> list[Manifest]:
    """Pods of this namespace that carry the access label."""
    return [{"podSelector": {"matchLabels": {ACCESS + name: "true"}}}]


def _to(target: Target, component: str, port: int) -> Manifest:
    return {"to": [{"podSelector": {"matchLabels": selector(target, component)}}], "ports": _port(port)}


def _policy(
    target: Target, part: str, component: str, ingress: list[Manifest], egress: list[Manifest] | None
) -> Manifest:
    spec: Manifest = {
        "podSelector": {"matchLabels": selector(target, component)},
        "policyTypes": ["Ingress"] if egress is None else ["Ingress", "Egress"],
        "ingress": ingress,
    }
    if egress is not None:
        spec["egress"] = egress
    name = "singleuser" if component == "singleuser-server" else component
    return manifest(target, part, "networking.k8s.io/v1", "NetworkPolicy", name, component, spec=spec)


def _outside(spec: HubSpec) -> list[Manifest]:
    """What of the internet is open, and what was asked for beyond it (a person agreed to that)."""
    policy = get(to_values(spec), ("singleuser", "networkPolicy"), {})
    asked = get(effective({"singleuser": {"networkPolicy": policy}}), ("singleuser", "networkPolicy"), {})
    internet = {"open": [INTERNET], "web": [{**INTERNET, "ports": _port(443)}], "closed": []}[spec.singleuser.internet]
    if spec.singleuser.internet == "open" and get(asked, ("egressAllowRules", "nonPrivateIPs")) is False:
        internet = []
    return [*internet, *(rule for rule in asked.get("egress", []) if rule != WEB)]


def people_policy(target: Target, spec: HubSpec) -> Manifest:
    """Of people's servers: reached by hub and proxy; they reach the hub, the proxy, names, and as much of the internet
    as the hub was asked for."""
    return _policy(
        target, FILES, "singleuser-server",
        [{"from": _with_access("singleuser"), "ports": _port(NOTEBOOK_PORT)}],
        [_to(target, "hub", HUB_PORT), _to(target, "proxy", PROXY_PORT), DNS, CLUSTER_DNS, *_outside(spec)],
    )  # fmt: skip


def proxy_policy(target: Target) -> Manifest:
    """Of the proxy: everybody comes in at its front; only the hub changes its routes."""
    return _policy(
        target, PROXY, "proxy",
        [{"ports": _port(PROXY_PORT)}, {"from": _with_access("proxy-api"), "ports": _port(PROXY_API_PORT)}],
        [_to(target, "hub", HUB_PORT), _to(target, "singleuser-server", NOTEBOOK_PORT), DNS, CLUSTER_DNS],
    )  # fmt: skip


def hub_policy(target: Target) -> Manifest:
    """Of the hub: reached by proxy and people's servers. It reaches out to sign people in and to the API server."""
    return _policy(target, HUB, "hub", [{"from": _with_access("hub"), "ports": _port(HUB_PORT)}], None)
