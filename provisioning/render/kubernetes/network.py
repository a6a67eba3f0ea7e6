"""Network policies, as in Zero to JupyterHub: access follows labels. People's servers have the requested internet
access; a hub's own pod has the access that it needs; private networks are blocked. IPv4 and IPv6."""

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
# A policy applies to the port of the pod, and a DNS server that does not run as root listens above 1023.
DNS_PORTS, RESOLVER_PORTS = (53,), (53, 1053, 5353)
# For the hub's own pod, on the public internet: sign-in providers use HTTPS on port 443 or another port. No DNS, mail
# or SSH.
PUBLIC_PORTS: list[Manifest] = [
    {"port": HTTPS, "protocol": "TCP"}, {"port": 1024, "endPort": 65535, "protocol": "TCP"},
]  # fmt: skip
# Usual ports of the API server, for as long as its address is not known.
API_PORTS = (HTTPS, 6443)
UNKNOWN_API = egress.networks(["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"])
# Addresses in a spec to which the hub connects; staff approved private ones (hubs/limits/queries/limits.py).
ASKED_BY_HUBS = ("signIn.oauth.token_url", "signIn.oauth.userdata_url", "signIn.lti13.jwks_endpoint")


def _port(*numbers: int) -> list[Manifest]:
    return [{"port": number, "protocol": "TCP"} for number in numbers]


def _dns_ports(numbers: Sequence[int]) -> list[Manifest]:
    return [{"port": number, "protocol": protocol} for number in numbers for protocol in ("TCP", "UDP")]


def _with_access(name: str) -> list[Manifest]:
    """Return a peer for pods of this namespace with the access label."""
    return [{"podSelector": {"matchLabels": {ACCESS + name: "true"}}}]


def _to(target: Target, component: str, port: int) -> Manifest:
    return {"to": [{"podSelector": {"matchLabels": selector(target, component)}}], "ports": _port(port)}


# --- the cluster ------------------------------------------------------------------------------------------------------
def place(text: str) -> Manifest:
    """Return "10.0.0.8/32", or "NAMESPACE/LABEL=VALUE" for pods, as the peer of a rule. Raise ValueError."""
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
    """Parse "10.0.0.8/32:443" or "traefik/app.kubernetes.io/name=traefik:8443". Raise ValueError."""
    where, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError(f"“{text}” has no port.")
    return place(where), int(port)


def _reached(places: Iterable[str]) -> list[Manifest]:
    """Return a rule for each destination, in sorted order."""
    return [{"to": [peer], "ports": _port(port)} for peer, port in map(place_and_port, sorted(set(places)))]


def dns(facts: ClusterFacts) -> list[Manifest]:
    """Return rules for DNS, only to the cluster's resolvers: a query could also carry data out."""
    found = [place(text) for text in facts.resolvers]
    pods, blocks = [one for one in found if "podSelector" in one], [one for one in found if "ipBlock" in one]
    rules = [{"to": pods, "ports": _dns_ports(RESOLVER_PORTS)}] if pods else []
    return rules + ([{"to": blocks, "ports": _dns_ports(DNS_PORTS)}] if blocks else [])


def _own(facts: ClusterFacts) -> list[Network]:
    """Return the cluster's own networks: of pods, Services and nodes, as far as they are known."""
    return egress.networks([*facts.own_networks, *(text.rpartition(":")[0] for text in facts.api_servers or ())])


def _api(facts: ClusterFacts) -> list[Manifest]:
    if facts.api_servers is not None:
        return _reached(facts.api_servers)
    to = [peer for one in UNKNOWN_API for peer in egress.peers(one, egress.APPROVED)]
    return [{"to": to, "ports": _port(*API_PORTS)}]


# --- people's servers -------------------------------------------------------------------------------------------------
def _asked(spec: HubSpec) -> Any:
    """Return `singleuser.networkPolicy` of `more`, as far as it has an effect here."""
    return get(followed(spec.more), ("singleuser", "networkPolicy"))


def _outside(spec: HubSpec, facts: ClusterFacts) -> list[Manifest]:
    """Return rules for the internet access, and for approved destinations in addition."""
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
    """Return the policy of people's servers: from hub and proxy; to the hub, the proxy, DNS, and the requested part of
    the internet."""
    return _policy(
        target, FILES, "singleuser-server",
        [{"from": _with_access("singleuser"), "ports": _port(NOTEBOOK_PORT)}],
        [_to(target, "hub", HUB_PORT), _to(target, "proxy", PROXY_PORT), *dns(facts), *_outside(spec, facts)],
    )  # fmt: skip


def proxy_policy(target: Target, facts: ClusterFacts) -> Manifest:
    """Return the policy of the proxy: its front is open to all; only the hub changes its routes."""
    return _policy(
        target, PROXY, "proxy",
        [{"ports": _port(PROXY_PORT)}, {"from": _with_access("proxy-api"), "ports": _port(PROXY_API_PORT)}],
        [_to(target, "hub", HUB_PORT), _to(target, "singleuser-server", NOTEBOOK_PORT), *dns(facts)],
    )  # fmt: skip


def hub_policy(target: Target, spec: HubSpec, facts: ClusterFacts, portal_url: str) -> Manifest:
    """Return the policy of the hub: from proxy and people's servers; to these, itself (its idle culler uses its API),
    the API server (KubeSpawner), the portal, and sign-in providers on the public internet or at approved addresses."""
    private = egress.approved(_addresses(FIELDS[path].read(spec) for path in ASKED_BY_HUBS), _own(facts)).rules
    rules = [
        _to(target, "hub", HUB_PORT), _to(target, "proxy", PROXY_API_PORT),
        _to(target, "singleuser-server", NOTEBOOK_PORT), *dns(facts), *_api(facts),
        *_reached([*facts.hub_reaches, *portal_address(portal_url)]), *private,
        {"to": egress.public(_own(facts)), "ports": [*PUBLIC_PORTS, *_portal_port(portal_url)]},
    ]  # fmt: skip
    return _policy(target, HUB, "hub", [{"from": _with_access("hub"), "ports": _port(HUB_PORT)}], rules)


def _split(url: str) -> tuple[str, int]:
    """Return (host, port) of a URL; ("", 0) if it is invalid."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.port or (HTTPS if parts.scheme == "https" else 80)
    except ValueError:
        return "", 0


def portal_address(url: str) -> list[str]:
    """Return the portal's address, if its URL has a private IP address: "10.0.0.8/32:8000"."""
    host, port = _split(url)
    found = egress.network(host)
    return [f"{found}:{port}"] if found is not None and egress.peers(found, egress.APPROVED) else []


def _portal_port(url: str) -> list[Manifest]:
    """Return the portal's port if it is not allowed anyway, such as 80 for a portal without TLS."""
    _, port = _split(url)
    return [] if not port or port == HTTPS or port >= 1024 else _port(port)


def _addresses(urls: Iterable[Any]) -> list[str]:
    """Return the URLs with private IP addresses, in the form for egress.approved."""
    found = []
    for host, port in (_split(url) for url in urls if isinstance(url, str)):
        address = egress.network(host)
        if address is not None and not egress.peers(address, egress.PUBLIC):
            found.append(f"{address} {port}")
    return found
