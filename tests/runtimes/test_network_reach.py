"""Where the pods of a hub may connect to, evaluated from the rendered policies as a cluster enforces them: whatever is
typed, imported or written as "more configuration", no private address is opened.

`allowed` evaluates NetworkPolicies for a destination address and port, following the API's reference.
"""

import dataclasses
import functools
import ipaddress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from hubs.outbound.address_policy import NEVER, SPECIAL_V4
from hubs.spec import HubSpec, egress
from hubs.spec.egress import harmless
from provisioning.contract import Target
from provisioning.render import render_kubernetes

from .shapes import AGREED, PLAIN, SECRETS, SIGN_IN

ip_address, ip_network = functools.cache(ipaddress.ip_address), functools.cache(ipaddress.ip_network)
TARGET = Target("habc23456789", "stat-101", "https://stat-101.hubs.example.edu/")
API_SERVER, NODE, POD = "10.0.0.1", "10.0.0.7", "10.244.3.9"
FACTS = dataclasses.replace(
    PLAIN, resolvers=("kube-system/k8s-app=kube-dns", "169.254.20.10/32", "10.96.0.10/32"),
    hub_reaches=("10.50.0.8/32:443", "traefik/app.kubernetes.io/name=traefik:8443"),
    own_networks=("10.0.0.0/28", "10.244.0.0/16", "10.96.0.0/12", "198.51.100.0/28"),
)  # fmt: skip
PORTS = (22, 25, 53, 80, 443, 1053, 5353, 5432, 6443, 8001, 8081, 8888, 10250, 30000)
# One of each kind of address that must not be reachable.
SHUT = (
    "0.0.0.1", "10.0.0.7", "10.9.8.7", "10.244.3.9", "10.96.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1",
    "168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.254", "192.168.1.1", "198.18.0.1",
    "198.51.100.3", "224.0.0.1", "255.255.255.255", "::1", "::ffff:10.0.0.1", "fc00::1", "fd00:ec2::254",
    "fd20:ce::254", "fe80::1", "ff02::1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "2002:a00:1::1", "2001:0:a00:1::1",
)  # fmt: skip
OPEN = ("1.1.1.1", "203.0.113.7", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808")


@dataclass(frozen=True)
class Place:
    """A destination: an address and, for a pod, its labels and its namespace's name ("" = the hub's own)."""

    address: str
    labels: dict[str, str] = field(default_factory=dict)
    namespace: str | None = None  # None = no pod


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    assert set(selector) <= {"matchLabels"}, "nothing else is rendered"
    return selector.get("matchLabels", {}).items() <= labels.items()


def _matches(peer: dict[str, Any], to: Place) -> bool:
    if block := peer.get("ipBlock"):
        address = ip_address(to.address)
        return address in ip_network(block["cidr"]) and not any(
            address in ip_network(one) for one in block.get("except", [])
        )
    if to.namespace is None:
        return False
    if "namespaceSelector" in peer:
        inside = _selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": to.namespace})
    else:
        inside = to.namespace == ""
    return inside and _selects(peer.get("podSelector", {}), to.labels)


def _fits(port: dict[str, Any], number: int, protocol: str) -> bool:
    if port.get("protocol", "TCP") != protocol:
        return False
    first = port.get("port")
    return first is None or first <= number <= port.get("endPort", first)


def allowed(
    policies: list[dict[str, Any]], labels: dict[str, str], to: Place, port: int, protocol: str = "TCP"
) -> bool:
    """Return whether a pod with these labels may connect. Policies add up; without any, everything is open."""
    mine = [one["spec"] for one in policies if _selects(one["spec"]["podSelector"], labels)]
    mine = [one for one in mine if "Egress" in one["policyTypes"]]
    rules = [rule for one in mine for rule in one.get("egress", [])]
    return not mine or any(
        (not rule.get("to") or any(_matches(peer, to) for peer in rule["to"]))
        and (not rule.get("ports") or any(_fits(one, port, protocol) for one in rule["ports"]))
        for rule in rules
    )


@dataclass(frozen=True)
class Reach:
    policies: list[dict[str, Any]]

    def __call__(self, who: str, to: Place | str, port: int, protocol: str = "TCP") -> bool:
        labels = {"app": "jupyterhub", "component": who, "release": "stat-101-habc23456789"}
        return allowed(self.policies, labels, Place(to) if isinstance(to, str) else to, port, protocol)


def reach(spec: HubSpec, facts: Any = FACTS, sign_in: Any = SIGN_IN) -> Reach:
    made = render_kubernetes(TARGET, spec, SECRETS, sign_in, "running", facts, AGREED)
    found = [one for part in made.parts for one in part.payload.values() if one["kind"] == "NetworkPolicy"]
    assert len(found) == 3
    return Reach(found)


def spec_of(more: Any = None, **singleuser: Any) -> HubSpec:
    return HubSpec.model_validate({"about": {"title": "Reach"}, "singleuser": singleuser, "more": more or {}})


def with_rules(egress_rules: Any, internet: str = "closed") -> HubSpec:
    return spec_of({"singleuser": {"networkPolicy": {"egress": egress_rules}}}, internet=internet)


PEOPLE, HUB, PROXY = "singleuser-server", "hub", "proxy"
OURS = {name: Place(f"10.244.0.{n}", {"app": "jupyterhub", "component": name, "release": "stat-101-habc23456789"}, "")
        for n, name in enumerate((PEOPLE, HUB, PROXY), start=2)}  # fmt: skip
RESOLVER = Place("10.244.0.99", {"k8s-app": "kube-dns"}, "kube-system")


def _inside(small: Any, large: Any) -> bool:
    return bool(small.version == large.version and small.subnet_of(large))


# --- arbitrary rules --------------------------------------------------------------------------------------------------
CIDRS = st.sampled_from([
    "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.0.0.0/7", "8.0.0.0/5", "169.254.0.0/16", "::/0",
    "fc00::/7", "169.254.169.254/32", "168.63.129.16/32", "160.0.0.0/3", "64:ff9b::/96", "64:ff9b::/64", "2000::/3",
    "2002::/16",
    "203.0.113.0/24", "192.168.0.0/16", "100.64.0.0/9", "10.0.0.7", "x", "", "::ffff:0:0/96", "fe80::1/128",
]) | st.builds(lambda a, n: f"{a}/{n}", st.ip_addresses(v=4), st.integers(0, 33)) | st.builds(
    lambda a, n: f"{a}/{n}", st.ip_addresses(v=6), st.integers(0, 129))  # fmt: skip
JUNK: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
JUNK |= st.just([]) | st.just({})
LABELS = st.dictionaries(
    st.sampled_from(["app", "component", "k8s-app", "a"]),
    st.sampled_from(["jupyterhub", "hub", "x"]) | JUNK,
    max_size=2,
)
SELECTOR: st.SearchStrategy[Any] = st.just({}) | st.fixed_dictionaries({"matchLabels": LABELS}) | st.just(
    {"matchExpressions": [{"key": "a", "operator": "Exists"}]}) | JUNK  # fmt: skip
BLOCK = st.fixed_dictionaries({"cidr": CIDRS | JUNK}, optional={"except": st.lists(CIDRS, max_size=3) | JUNK})
PEER = st.fixed_dictionaries(
    {}, optional={"ipBlock": BLOCK | JUNK, "podSelector": SELECTOR, "namespaceSelector": SELECTOR}) | JUNK  # fmt: skip
PORT = st.fixed_dictionaries(
    {}, optional={"port": st.sampled_from(PORTS) | st.just("http") | JUNK, "endPort": st.sampled_from(PORTS) | JUNK,
                  "protocol": st.sampled_from(["TCP", "UDP", "SCTP", "ICMP"]) | JUNK}) | JUNK  # fmt: skip
RULE = (
    st.fixed_dictionaries(
        {}, optional={"to": st.lists(PEER, max_size=3) | JUNK, "ports": st.lists(PORT, max_size=3) | JUNK}
    )
    | JUNK
)
POLICY = st.fixed_dictionaries(
    {}, optional={"egress": st.lists(RULE, max_size=4) | JUNK, "enabled": JUNK, "ingress": JUNK,
                  "egressAllowRules": st.dictionaries(st.sampled_from(["privateIPs", "nonPrivateIPs",
                  "cloudMetadataServer", "dnsPortsPrivateIPs"]), st.booleans()) | JUNK}) | JUNK  # fmt: skip
EXCEPTIONS = st.lists(st.builds(lambda cidr, port: f"{cidr} {port}", CIDRS, st.sampled_from(PORTS)), max_size=3)


def read(data: dict[str, Any]) -> HubSpec:
    try:
        return HubSpec.model_validate(data)
    except ValueError:
        assume(False)
        raise


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(POLICY, st.sampled_from(["open", "web", "closed"]), EXCEPTIONS)
@example({"egress": [{}]}, "closed", [])
@example({"egress": [{"ports": [{"port": 443, "protocol": "TCP"}]}]}, "closed", [])
@example({"egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}, "closed", [])
@example({"egress": [{"to": [{"namespaceSelector": {}}]}, {"to": [{"podSelector": {}}]}]}, "open", [])
@example({"egress": []}, "closed", ["0.0.0.0/1 80", "169.254.169.254/32 80", "10.0.0.0/8 10250"])
def test_no_private_address_is_opened_by_any_rule(policy: Any, internet: str, exceptions: list[str]) -> None:
    data = {"about": {"title": "Reach"}, "more": {"singleuser": {"networkPolicy": policy}},
            "singleuser": {"internet": internet, "internetExceptions": exceptions}}  # fmt: skip
    spec = read(data)
    made = reach(spec)
    named = [(ip_network(text.split()[0]), int(text.split()[1])) for text in spec.singleuser.internetExceptions]
    never = [*NEVER, *map(ip_network, ("127.0.0.0/8", "::1/128")), *map(ip_network, FACTS.own_networks)]
    for address in SHUT:
        ip = ip_address(address)
        for port in PORTS:
            asked = any(ip in block and port == number for block, number in named)
            by_staff = asked and not any(ip in block for block in never)
            assert not made(PEOPLE, address, port) or by_staff, (address, port)
            assert not made(PEOPLE, address, port, "UDP"), (address, port)
            assert not made(PROXY, address, port)
            api = (address, port) == (API_SERVER, 6443) or (address, port) == ("10.96.0.1", 443)
            assert not made(HUB, address, port) or api, (address, port)
    strangers = [Place(POD, labels, where) for where in ("lake-101", "hubportal", "kube-system", "default")
                 for labels in ({}, {"component": "hub", "app": "jupyterhub"}, {"a": "x"})]  # fmt: skip
    for stranger in strangers:
        assert not any(made(who, stranger, port) for who in (PEOPLE, HUB, PROXY) for port in PORTS)
    for who in (PEOPLE, HUB, PROXY):
        assert made(who, RESOLVER, 53, "UDP"), "names still resolve"
        assert not made(who, Place(POD, {"k8s-app": "metrics-server"}, "kube-system"), 53, "UDP")
    assert made(PEOPLE, OURS[HUB], 8081)


@settings(max_examples=100, deadline=None)
@given(POLICY)
def test_the_kept_rules_are_valid_for_an_api_server(policy: Any) -> None:
    rules = policy.get("egress") if isinstance(policy, dict) else policy
    for rule in harmless(rules).rules:
        assert rule["to"]
        for peer in rule["to"]:
            if block := peer.get("ipBlock"):
                whole = ip_network(block["cidr"])
                holes = [ip_network(one) for one in block.get("except", [])]
                assert all(_inside(hole, whole) and hole != whole for hole in holes)
        for port in rule.get("ports", []):
            assert port["protocol"] in ("TCP", "UDP", "SCTP")
            assert port.get("endPort", 65535) >= port.get("port", 1) >= 1
            assert "port" in port or "endPort" not in port
    assert not rules or harmless(rules).rules or harmless(rules).dropped, "nothing is left out without a note"


# --- single rules -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", [PEOPLE, HUB, PROXY])
@pytest.mark.parametrize("internet", ["open", "web", "closed"])
def test_dns_goes_only_to_the_clusters_resolvers(who: str, internet: str) -> None:
    made = reach(spec_of(internet=internet))
    for protocol in ("TCP", "UDP"):
        for port in (53, 1053, 5353):
            assert made(who, RESOLVER, port, protocol)
        assert made(who, "169.254.20.10", 53, protocol)
        assert made(who, "10.96.0.10", 53, protocol)
        assert not made(who, "10.9.8.7", 53, protocol)
        assert made(who, "203.0.113.7", 53, protocol) == (internet == "open" and who == PEOPLE)
    assert not made(who, "169.254.20.10", 80)
    assert not made(who, RESOLVER, 8080)


def test_each_setting_of_network_access() -> None:
    for address in OPEN:
        found = {kind: reach(spec_of(internet=kind)) for kind in ("open", "web", "closed")}
        asked = [(443, "TCP"), (80, "TCP"), (443, "UDP"), (22, "TCP")]
        assert [found["open"](PEOPLE, address, *one) for one in asked] == [True] * 4
        assert [found["web"](PEOPLE, address, *one) for one in asked] == [True, False, False, False]
        assert [found["closed"](PEOPLE, address, *one) for one in asked] == [False] * 4


def test_the_hub_reaches_what_it_needs_and_nothing_else() -> None:
    made = reach(spec_of(internet="closed"))
    for place, port in (
        (API_SERVER, 6443), ("10.96.0.1", 443), ("10.50.0.8", 443), (OURS[PROXY], 8001), (OURS[PEOPLE], 8888),
        (OURS[HUB], 8081), ("203.0.113.7", 443), ("203.0.113.7", 8443), ("2606:4700::1111", 443),
        (Place(POD, {"app.kubernetes.io/name": "traefik"}, "traefik"), 8443),
    ):  # fmt: skip
        assert made(HUB, place, port), (place, port)
    for place, port in (
        (API_SERVER, 443), (API_SERVER, 10250), (NODE, 10250), (NODE, 6443), ("10.50.0.8", 80), ("203.0.113.7", 53),
        ("203.0.113.7", 25), (OURS[PROXY], 9999), (Place(POD, {"app.kubernetes.io/name": "traefik"}, "traefik"), 8080),
        ("169.254.169.254", 80), ("198.51.100.3", 443),
    ):  # fmt: skip
        assert not made(HUB, place, port), (place, port)
    assert not made(PEOPLE, API_SERVER, 6443)


def test_a_portal_inside_the_network_is_reached_at_its_address_and_port() -> None:
    inside = dataclasses.replace(SIGN_IN, portal_url="http://10.245.0.1:8123")
    made = reach(spec_of(), sign_in=inside)
    assert made(HUB, "10.245.0.1", 8123)
    assert not made(HUB, "10.245.0.1", 443)
    assert not made(PEOPLE, "10.245.0.1", 8123)
    loop = reach(spec_of(), sign_in=dataclasses.replace(SIGN_IN, portal_url="http://169.254.169.254"))
    assert not loop(HUB, "169.254.169.254", 80)
    assert reach(spec_of(), sign_in=dataclasses.replace(SIGN_IN, portal_url="http://portal.example"))(
        HUB, "1.1.1.1", 80
    )


def test_an_approved_sign_in_provider_inside_the_network_is_reached() -> None:
    spec = HubSpec.model_validate({
        "about": {"title": "Reach"},
        "signIn": {"method": "generic-oauth", "allowAll": True, "oauth": {
            "client_id": "c", "authorize_url": "https://sso.example.edu/a", "token_url": "https://10.60.0.5:8443/t",
            "userdata_url": "https://10.0.0.7:10250/pods"}},
    })  # fmt: skip
    made = reach(spec)
    assert made(HUB, "10.60.0.5", 8443)
    assert not made(HUB, "10.60.0.5", 443)
    assert not made(HUB, NODE, 10250), "a node belongs to the cluster itself"


def test_an_unknown_api_server() -> None:
    """Hubs keep working, and only addresses where Kubernetes may listen are open."""
    made = reach(spec_of(), dataclasses.replace(FACTS, api_servers=None))
    assert [port for port in PORTS if made(HUB, "10.9.8.7", port)] == [443, 6443]
    assert not [port for port in PORTS if made(PEOPLE, "10.9.8.7", port)]
    for address in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "127.0.0.1"):
        assert not any(made(HUB, address, port) for port in PORTS), address


def test_approved_destinations_may_be_private_but_not_in_the_cluster() -> None:
    asked = ("10.2.0.7/32 5432", "10.0.0.7/32 10250", "169.254.169.254/32 80", "10.0.0.0/8 3306", "fd12::/64 443")
    spec = spec_of(internet="closed", internetExceptions=asked)
    made = reach(spec)
    assert made(PEOPLE, "10.2.0.7", 5432)
    assert made(PEOPLE, "10.9.9.9", 3306)
    assert made(PEOPLE, "fd12::1", 443)
    for address, port in ((NODE, 10250), (NODE, 3306), (POD, 3306), ("169.254.169.254", 80), ("10.2.0.7", 22)):
        assert not made(PEOPLE, address, port), (address, port)
    assert len(egress.approved(asked, egress.networks(FACTS.own_networks)).dropped) == 2


@pytest.mark.parametrize(
    ("rule", "kept", "words"),
    [
        ({"ports": [{"port": 443}]}, [{"to": egress.public(), "ports": [{"port": 443, "protocol": "TCP"}]}], 0),
        ({}, [{"to": egress.public()}], 0),
        ({"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}, [{"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}], 0),
        ({"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}, [], 1),
        ({"to": [{"namespaceSelector": {}}]}, [], 1),
        ({"to": [{"podSelector": {}}]}, [], 1),
        ({"to": [{"podSelector": {"matchLabels": {"app": "dask"}}}]},
         [{"to": [{"podSelector": {"matchLabels": {"app": "dask"}}}]}], 0),
        ({"to": [{"ipBlock": {"cidr": "192.0.0.0/8"}}]},
         [{"to": [{"ipBlock": {"cidr": "192.0.0.0/8", "except": ["192.0.0.0/24", "192.168.0.0/16"]}}]}], 1),
        ({"ports": [{"port": "http"}]}, [], 1),
    ],
)  # fmt: skip
def test_the_effective_part_of_a_rule(rule: Any, kept: Any, words: int) -> None:
    found = harmless([rule])
    assert list(found.rules) == kept
    assert len(found.dropped) == words


def test_the_blocked_ranges_are_those_of_the_portals_address_policy() -> None:
    """Except documentation ranges, which are unused, and an anycast range that is not in use."""
    unused = {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "192.88.99.0/24"}
    assert {str(one) for one in SPECIAL_V4} - unused <= {str(one) for one in egress.PRIVATE_V4}
    closed = (*egress.NEVER_V4, *egress.NEVER_V6)
    for one in NEVER:
        assert any(_inside(one, other) for other in closed), one
