"""Allowed destinations of pods: rules of Kubernetes NetworkPolicies that never allow more than permitted. Pure.

Rules come from "more configuration" and from imported files, so they may have any shape. A rule without `to` means
"everywhere" in Kubernetes; here it means the public internet. Sources of the address ranges: IANA's special-purpose
registries (RFC 6890), RFC 6052 for NAT64, and the metadata addresses that cloud providers document.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from hubs.language import _
from hubs.spec.chart import Tree

Network = IPv4Network | IPv6Network
ALL_V4, ALL_V6 = IPv4Network("0.0.0.0/0"), IPv6Network("::/0")
NAT64 = IPv6Network("64:ff9b::/96")  # reaches every IPv4 address over IPv6, including private ones
# Private networks, loopback, link-local, multicast, and addresses where clouds provide credentials.
PRIVATE_V4 = tuple(map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
)))  # fmt: skip
# Staff can't allow these either: they never belong to an organisation.
NEVER_V4 = tuple(map(IPv4Network, (
    "0.0.0.0/8", "100.100.100.200/32", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.192/32",
    "224.0.0.0/4", "240.0.0.0/4",
)))  # fmt: skip
PUBLIC_V6 = IPv6Network("2000::/3")  # excludes unique-local, link-local, mapped and multicast addresses
WRAPPING_V6 = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))  # Teredo and 6to4 carry IPv4 addresses


def _through_nat64(networks: Iterable[IPv4Network]) -> tuple[IPv6Network, ...]:
    return tuple(
        IPv6Network((int(NAT64.network_address) | int(one.network_address), 96 + one.prefixlen)) for one in networks
    )


NEVER_V6 = (
    *map(
        IPv6Network,
        ("::/128", "::1/128", "::ffff:0:0/96", "fd00:ec2::/32", "fd20:ce::254/128", "fe80::/10", "ff00::/8"),
    ),
    *_through_nat64(NEVER_V4),
)
_Blocks = tuple[tuple[Network, tuple[Network, ...]], ...]
# (open ranges, exceptions).
PUBLIC: _Blocks = (
    (ALL_V4, PRIVATE_V4), (PUBLIC_V6, WRAPPING_V6), (NAT64, _through_nat64(PRIVATE_V4)),
)  # fmt: skip
APPROVED: _Blocks = ((ALL_V4, NEVER_V4), (ALL_V6, NEVER_V6))
PROTOCOLS = ("TCP", "UDP", "SCTP")


def network(text: Any) -> Network | None:
    """Return the address range, or None if the text is not one."""
    try:
        return ip_network(text, strict=False) if isinstance(text, str) else None
    except ValueError:
        return None


def networks(texts: Iterable[str]) -> list[Network]:
    return [found for text in texts if (found := network(text)) is not None]


def _inside(small: Network, large: Network) -> bool:
    return small.version == large.version and small.subnet_of(large)  # type: ignore[arg-type]


@lru_cache(1024)  # every hub has the same blocks, and all hubs are rendered often
def _parts(wanted: Network, blocks: _Blocks, without: tuple[Network, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (range, exceptions) for the permitted parts of `wanted`."""
    found = []
    for block, closed in blocks:
        base = wanted if _inside(wanted, block) else block if _inside(block, wanted) else None
        shut = [one for one in (*closed, *without) if base is not None and one.version == base.version]
        if base is None or any(_inside(base, one) for one in shut):
            continue
        holes = {one for one in shut if _inside(one, base)}
        holes -= {one for one in holes if any(one != other and _inside(one, other) for other in holes)}
        in_order = sorted(holes, key=lambda one: (one.network_address, one.prefixlen))
        found.append((str(base), tuple(map(str, in_order))))
    return tuple(found)


def peers(wanted: Network, blocks: _Blocks, without: Sequence[Network] = ()) -> list[Tree]:
    """Return the part of `wanted` that is in `blocks` and not in `without`, as peers of a rule; [] if it is empty."""
    return [
        {"ipBlock": {"cidr": cidr, **({"except": list(closed)} if closed else {})}}
        for cidr, closed in _parts(wanted, blocks, tuple(without))
    ]


def public(without: Sequence[Network] = ()) -> list[Tree]:
    """Return the public internet, IPv4 and IPv6, as peers of a rule."""
    return [*peers(ALL_V4, PUBLIC, without), *peers(ALL_V6, PUBLIC, without)]


@dataclass(frozen=True)
class Rules:
    """Rules that can be applied, and sentences about what was left out of the requested rules."""

    rules: tuple[Tree, ...] = ()
    dropped: tuple[str, ...] = ()


def _port(said: Any) -> Tree | None:
    """Return a rule's port as the API server accepts it, or None if it would refuse it."""
    if not isinstance(said, dict) or (protocol := said.get("protocol") or "TCP") not in PROTOCOLS:
        return None
    first, last = said.get("port"), said.get("endPort")
    if first is None:
        return {"protocol": protocol} if last is None else None
    if type(first) is not int or not 1 <= first <= 65535:
        return None  # named ports belong to pods, and other namespaces' pods are not reachable
    if last is None:
        return {"port": first, "protocol": protocol}
    if type(last) is not int or not first <= last <= 65535:
        return None
    return {"port": first, "endPort": last, "protocol": protocol}


def _peer(said: Any, without: Sequence[Network]) -> tuple[list[Tree], bool]:
    """Return (the permitted part of this peer, whether that is all of it)."""
    block = said.get("ipBlock") if isinstance(said, dict) else None
    if not isinstance(block, dict) or set(said) != {"ipBlock"}:
        return _own_pods(said)
    wanted, holes = network(block.get("cidr")), block.get("except") or []
    closed = networks(holes) if isinstance(holes, list) else []
    if wanted is None or len(closed) != len(holes):
        return [], False
    found, asked = peers(wanted, PUBLIC, (*without, *closed)), peers(wanted, ((ALL_V4, ()), (ALL_V6, ())), closed)
    return found, found == asked


def _own_pods(said: Any) -> tuple[list[Tree], bool]:
    """Return the same for pods of the hub's own namespace, selected by labels. They are safe to allow: the hub, its
    proxy and people's servers have their own ingress rules, and people's pods can't have the labels they require."""
    chosen = said.get("podSelector") if isinstance(said, dict) and set(said) == {"podSelector"} else None
    labels = chosen.get("matchLabels") if isinstance(chosen, dict) and set(chosen) == {"matchLabels"} else None
    if not isinstance(labels, dict) or not labels or not all(isinstance(v, str) for v in labels.values()):
        return [], False
    return [{"podSelector": {"matchLabels": {str(name): value for name, value in labels.items()}}}], True


def harmless(said: Any, without: Sequence[Network] = ()) -> Rules:
    """Return rules that need no approval: they allow the public internet and pods of the same namespace, no others.
    `said` is `singleuser.networkPolicy.egress` as typed, of any shape; `without` is excluded as well."""
    kept: list[Tree] = []
    dropped: list[str] = []
    for number, rule in enumerate(said if isinstance(said, list) else [], start=1):
        if not isinstance(rule, dict):
            dropped.append(_("Rule {number} is not a valid NetworkPolicy rule.", number=number))
            continue
        to, ports = rule.get("to") or [], rule.get("ports") or []
        fits = [fit for one in ports if (fit := _port(one))] if isinstance(ports, list) else []
        opened = [_peer(one, without) for one in to] if isinstance(to, list) else []
        may = [peer for some, all_of_it in opened for peer in some] if to else public(without)
        if (ports and not fits) or not may:
            dropped.append(_("Rule {number} has no effect: none of its destinations is allowed.", number=number))
            continue
        if not all(whole for some, whole in opened) or len(fits) != len(ports):
            dropped.append(
                _("Rule {number}: private networks, other namespaces and invalid ports are left out.", number=number)
            )
        kept.append({"to": may, **({"ports": fits} if fits else {})})
    if said and not isinstance(said, list):
        dropped.append(_("These are not NetworkPolicy rules. Enter a list of rules."))
    return Rules(tuple(kept), tuple(dropped))


def approved(exceptions: Iterable[str], without: Sequence[Network] = ()) -> Rules:
    """Return rules for destinations such as “10.2.0.7/32 5432” that staff approved. They can be private, but never
    loopback, link-local, a cloud's metadata or in `without`: the cluster's own pods, services and nodes."""
    kept, dropped = [], []
    for text in exceptions:
        cidr, __, port = text.partition(" ")
        wanted = network(cidr)
        found = peers(wanted, APPROVED, without) if wanted else []
        if found:
            kept.append({"to": found, "ports": [{"port": int(port), "protocol": "TCP"}]})
        else:
            dropped.append(
                _(
                    "{address} is an address of the cluster itself or a reserved address. It has no effect.",
                    address=text,
                )
            )
    return Rules(tuple(kept), tuple(dropped))
