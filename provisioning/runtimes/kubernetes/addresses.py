"""Addresses that network policies of hubs need: of the cluster's API server, its DNS resolvers, the portal, and the
cluster's own networks. Part of the cluster check; the result is stored in the row (Cluster.found_addresses)."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from hubs.language import _
from hubs.outbound import ERRORS, Deadline, look_up
from hubs.spec import egress
from provisioning.contract import Finding
from provisioning.errors import RuntimeFault
from provisioning.runtimes.kubernetes.client import Api

API_SERVER = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"
SERVICES = "/api/v1/namespaces/{}/services"
SERVICE_CIDRS = "/apis/networking.k8s.io/v1/servicecidrs"  # Kubernetes 1.33 and newer
LOOK_UP_SECONDS = 3.0


def name_of_check() -> str:
    return _("Addresses")


def _networks(texts: Iterable[Any]) -> list[str]:
    """Return sorted networks, without those that are part of another one."""
    found = egress.networks(text for text in texts if isinstance(text, str))
    v4 = ipaddress.collapse_addresses(one for one in found if isinstance(one, ipaddress.IPv4Network))
    v6 = ipaddress.collapse_addresses(one for one in found if isinstance(one, ipaddress.IPv6Network))
    return [str(one) for one in (*v4, *v6)]


def _with_ports(places: Iterable[tuple[Any, Any]]) -> list[str]:
    return sorted({f"{where}:{port}" for address, port in places for where in _networks([address])})


def api_servers(api: Api) -> list[str]:
    """Return e.g. "10.0.0.1/32:6443": its own addresses, used by most network plugins, and those of its Service."""
    live = api.request("GET", API_SERVER, doing=_("read the API server’s addresses"))
    ports = [one.get("port") for one in live.get("ports") or []]
    addresses = [address for one in live.get("endpoints") or [] for address in one.get("addresses") or []]
    query = {"fieldSelector": "metadata.name=kubernetes"}
    rows = api.request("GET", SERVICES.format("default"), query, doing=_("read the API server’s Service"))["items"]
    services = [
        (ip, one["port"]) for row in rows for ip in row["spec"].get("clusterIPs") or [] for one in row["spec"]["ports"]
    ]
    return _with_ports([*((address, port) for address in addresses for port in ports), *services])


def resolvers(api: Api) -> list[str]:
    """Return the Service addresses of the cluster's DNS. A NodeLocal DNSCache uses these without a kube-dns pod."""
    query = {"labelSelector": "k8s-app=kube-dns"}
    rows = api.request("GET", SERVICES.format("kube-system"), query, doing=_("read the cluster’s DNS Services"))[
        "items"
    ]
    return _networks(ip for row in rows for ip in row["spec"].get("clusterIPs") or [])


def own_networks(api: Api) -> list[str]:
    """Return networks of nodes, of pods as far as nodes list them, and of Services if the cluster lists them."""
    nodes = api.request("GET", "/api/v1/nodes", doing=_("list the addresses of nodes"))["items"]
    found = [cidr for node in nodes for cidr in node["spec"].get("podCIDRs") or []]
    found += [one.get("address") for node in nodes for one in node.get("status", {}).get("addresses") or []]
    try:
        rows = api.request("GET", SERVICE_CIDRS, doing=_("list the addresses of Services"))["items"]
        found += [cidr for row in rows for cidr in row["spec"].get("cidrs") or []]
    except RuntimeFault:
        pass  # an older cluster, or a missing optional permission
    return _networks(found)


def portal(url: str) -> list[str]:
    """Return the portal's private addresses, looked up by name from here. Raise the same as look_up."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    answers = look_up(parts.hostname or "", port, Deadline(LOOK_UP_SECONDS), "portal")
    found = egress.networks(answer.partition("%")[0] for answer in answers)
    inside = [one for one in found if not egress.peers(one, egress.PUBLIC) and egress.peers(one, egress.APPROVED)]
    return _with_ports((str(one), port) for one in inside)


def ask(api: Api, portal_url: str) -> Callable[[], list[Finding]]:
    """Return the check's question. Unknown values are missing in `addresses`, so that earlier ones stay valid."""
    questions: dict[str, Callable[[], list[str]]] = {
        "api": lambda: api_servers(api), "resolvers": lambda: resolvers(api), "own": lambda: own_networks(api),
        "portal": lambda: portal(portal_url),
    }  # fmt: skip

    def answer() -> list[Finding]:
        found: dict[str, list[str]] = {}
        for name, question in questions.items():
            try:
                found[name] = question()
            except (RuntimeFault, *ERRORS, OSError, ValueError, KeyError, TypeError):
                continue
        if not found.get("api"):
            found.pop("api", None)
            said = _(
                "The addresses of the API server are not known. Until they are, hub pods can use ports 443 and 6443 "
                "of any private network."
            )
            return [Finding(name_of_check(), None, said, addresses=found)]
        places = ", ".join(place.replace("/32:", ":").replace("/128:", ":") for place in found["api"])
        said = _("Hubs reach the API server at {places}.", places=places)
        return [Finding(name_of_check(), True, said, addresses=found)]

    return answer
