"""Who may talk to whom, as in Zero to JupyterHub: access follows labels. People's servers reach as much of the internet
as was asked for; a hub's own pod reaches what it needs; nobody reaches a private network. IPv4 and IPv6."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from hubs.spec import FIELDS, HubSpec, egress
from hubs.spec.egress import Network
from hubs.spec.followed import followed
from hubs.spec.trees import get
from provisioning.contract import FILES, HUB, PROXY, Target
from provisioning.render.kubernetes.labels import ACCESS, Manifest, manifest, selector
from provisioning.render.place import ClusterFacts

HUB_PORT, PROXY_PORT, PROXY_API_PORT, NOTEBOOK_PORT = 8081, 8000, 8001, 8888
HTTPS = 443
# A policy sees the port of the pod that answers, and a DNS server that is not root listens above 1023.
DNS_PORTS, RESOLVER_PORTS = (53,), (53, 1053, 5353)
# The hub's own pod, on the public internet: sign-in providers have https at 443 or at a port of their own. Not DNS,
# mail or SSH.
PUBLIC_PORTS: list[Manifest] = [
    {"port": HTTPS, "protocol": "TCP"}, {"port": 1024, "endPort": 65535, "protocol": "TCP"},
]  # fmt: skip
# The API server's, where the portal does not know its address yet: Kubernetes listens at one of these.
API_PORTS = (HTTPS, 6443)
UNKNOWN_API = egress.networks(["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"])
# Addresses in a spec that the hub itself asks; a person approved private ones (hubs/limits/queries/limits.py).
ASKED_BY_HUBS = ("signIn.oauth.token_url", "signIn.oauth.userdata_url", "signIn.lti13.jwks_endpoint")


def _port(*numbers: int) -> list[Manifest]:
    return [{"port": number, "protocol": "TCP"} for number in numbers]


def _dns_ports(numbers: Sequence[int]) -> list[Manifest]:
    return [{"port": number, "protocol": protocol} for number in numbers for protocol in ("TCP", "UDP")]


def _with_access(name: str) -> list[Manifest]:
    """Pods of this namespace that carry the access label."""
    return [{"podSelector": {"matchLabels": {ACCESS + name: "true"}}}]


def _to(target: Target, component: str, port: int) -> Manifest:
    return {"to": [{"podSelector": {"matchLabels": selector(target, component)}}], "ports": _port(port)}


# --- the cluster ------------------------------------------------------------------------------------------------------
def place(text: str) -> Manifest:
    """ "10.0.0.8/32", or "NAMESPACE/LABEL=VALUE" for pods, as the peer of a rule. Raises ValueError."""
    if (block := egress.network(text)) is not None:
        return {"ipBlock": {"cidr": str(block)}}
    namespace, slash, label = text.partition("/")
    name, equals, value = label.partition("=")
    if not (namespace and slash and name and equals and value):
        raise ValueError(f"“{text}” is neither a network nor NAMESPACE/LABEL=VALUE.")
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "podSelector": {"matchLabels": {name: value}},
    }


def place_and_port(text: str) -> tuple[Manifest, int]:
    """ "10.0.0.8/32:443" or "traefik/app.kubernetes.io/name=traefik:8443". Raises ValueError."""
    where, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError(f"“{text}” has no port.")
    return place(where), int(port)


def _reached(places: Iterable[str]) -> list[Manifest]:
    """A rule for each place, in an order that does not depend on who named them."""
    return [{"to": [peer], "ports": _port(port)} for peer, port in map(place_and_port, sorted(set(places)))]


def dns(facts: ClusterFacts) -> list[Manifest]:
    """Names are asked of the cluster's resolvers and of nobody else: a query carries data, too."""
    found = [place(text) for text in facts.resolvers]
    pods, blocks = [one for one in found if "podSelector" in one], [one for one in found if "ipBlock" in one]
    rules = [{"to": pods, "ports": _dns_ports(RESOLVER_PORTS)}] if pods else []
    return rules + ([{"to": blocks, "ports": _dns_ports(DNS_PORTS)}] if blocks else [])


def _own(facts: ClusterFacts) -> list[Network]:
    """Pods, services and nodes of the cluster, as far as they are known."""
    return egress.networks([*facts.own_networks, *(text.rpartition(":")[0] for text in facts.api_servers or ())])


def _api(facts: ClusterFacts) -> list[Manifest]:
    if facts.api_servers is not None:
        return _reached(facts.api_servers)
    to = [peer for one in UNKNOWN_API for peer in egress.peers(one, egress.APPROVED)]
    return [{"to": to, "ports": _port(*API_PORTS)}]


# --- people's servers -------------------------------------------------------------------------------------------------
def _asked(spec: HubSpec) -> Any:
    """`singleuser.networkPolicy` of "more configuration", as far as it has an effect here."""
    return get(followed(spec.more), ("singleuser", "networkPolicy"))


def _outside(spec: HubSpec, facts: ClusterFacts) -> list[Manifest]:
    """How much of the internet is open, and what was asked for beyond it (a person agreed to that)."""
    asked, own = _asked(spec), _own(facts)
    to = egress.public(own)
    rules = {"open": [{"to": to}], "web": [{"to": to, "ports": _port(HTTPS)}], "closed": []}[spec.singleuser.internet]
    if spec.singleuser.internet == "open" and get(asked, ("egressAllowRules", "nonPrivateIPs")) is False:
        rules = []
    rules = [
        *rules,
        *egress.approved(spec.singleuser.internetExceptions, own).rules,
        *egress.harmless(get(asked, ("egress",)), own).rules,
    ]
    return [rule for number, rule in enumerate(rules) if rule not in rules[:number]]


# --- policies ---------------------------------------------------------------------------------------------------------
def _policy(target: Target, part: str, component: str, ingress: list[Manifest], egress: list[Manifest]) -> Manifest:
    spec: Manifest = {
        "podSelector": {"matchLabels": selector(target, component)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress,
        "egress": egress,
    }
    name = "singleuser" if component == "singleuser-server" else component
    return manifest(target, part, "networking.k8s.io/v1", "NetworkPolicy", name, component, spec=spec)


def people_policy(target: Target, spec: HubSpec, facts: ClusterFacts) -> Manifest:
    """Of people's servers: reached by hub and proxy; they reach the hub, the proxy, names, and as much of the internet
    as the hub was asked for."""
    return _policy(
        target, FILES, "singleuser-server",
        [{"from": _with_access("singleuser"), "ports": _port(NOTEBOOK_PORT)}],
        [_to(target, "hub", HUB_PORT), _to(target, "proxy", PROXY_PORT), *dns(facts), *_outside(spec, facts)],
    )  # fmt: skip


def proxy_policy(target: Target, facts: ClusterFacts) -> Manifest:
    """Of the proxy: everybody comes in at its front; only the hub changes its routes."""
    return _policy(
        target, PROXY, "proxy",
        [{"ports": _port(PROXY_PORT)}, {"from": _with_access("proxy-api"), "ports": _port(PROXY_API_PORT)}],
        [_to(target, "hub", HUB_PORT), _to(target, "singleuser-server", NOTEBOOK_PORT), *dns(facts)],
    )  # fmt: skip


def hub_policy(target: Target, spec: HubSpec, facts: ClusterFacts, portal_url: str) -> Manifest:
    """Of the hub: reached by proxy and people's servers. It reaches these, itself (its idle culler asks its API), the
    API server (KubeSpawner), the portal, and sign-in providers on the public internet or where a person approved it."""
    private = egress.approved(_addresses(FIELDS[path].read(spec) for path in ASKED_BY_HUBS), _own(facts)).rules
    rules = [
        _to(target, "hub", HUB_PORT), _to(target, "proxy", PROXY_API_PORT),
        _to(target, "singleuser-server", NOTEBOOK_PORT), *dns(facts), *_api(facts),
        *_reached([*facts.hub_reaches, *portal_address(portal_url)]), *private,
        {"to": egress.public(_own(facts)), "ports": [*PUBLIC_PORTS, *_portal_port(portal_url)]},
    ]  # fmt: skip
    return _policy(target, HUB, "hub", [{"from": _with_access("hub"), "ports": _port(HUB_PORT)}], rules)


def _split(url: str) -> tuple[str, int]:
    """(host, port) of a web address; ("", 0) for none."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.port or (HTTPS if parts.scheme == "https" else 80)
    except ValueError:
        return "", 0


def portal_address(url: str) -> list[str]:
    """The portal's place, where its address is written as a number: "10.0.0.8/32:8000"."""
    host, port = _split(url)
    found = egress.network(host)
    return [f"{found}:{port}"] if found is not None and egress.peers(found, egress.APPROVED) else []


def _portal_port(url: str) -> list[Manifest]:
    """The portal's port, when hubs do not reach it anyhow: a portal without TLS has 80."""
    _, port = _split(url)
    return [] if not port or port == HTTPS or port >= 1024 else _port(port)


def _addresses(urls: Iterable[Any]) -> list[str]:
    """Those web addresses that are written as private numbers, as egress.approved takes them."""
    found = []
    for host, port in (_split(url) for url in urls if isinstance(url, str)):
        address = egress.network(host)
        if address is not None and not egress.peers(address, egress.PUBLIC):
            found.append(f"{address} {port}")
    return found
