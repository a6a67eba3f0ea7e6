"""The address policy: which addresses the portal may connect to. Pure: names are resolved elsewhere."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hubs.errors import DomainError
from hubs.language import _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PORTS = {"https": 443, "http": 80}
USUAL_PORTS = frozenset(PORTS.values())

# Not part of the public internet (IANA's special-purpose registries, RFC 6890 and later). Python's `is_global` differs
# between versions.
SPECIAL_V4 = [ipaddress.ip_network(text) for text in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
)]  # fmt: skip
PUBLIC_V6 = ipaddress.ip_network("2000::/3")  # excludes mapped, NAT64, unique-local, link-local, multicast
SPECIAL_V6 = [ipaddress.ip_network(text) for text in (
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48",
)]  # fmt: skip
# Addresses that can't be allowed: the portal needs none of them, and clouds give out credentials at some of them.
NEVER = [ipaddress.ip_network(text) for text in (
    "0.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", "224.0.0.0/4",
    "255.255.255.255/32", "::/128", "fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128", "ff00::/8",
)]  # fmt: skip
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Forbidden(DomainError):
    """The portal must not connect to this address."""


@dataclass(frozen=True)
class Allowed:
    """What operators allow in addition to the public internet on default ports: `HUBPORTAL_ALLOWED_PRIVATE_HOSTS`.

    `registry.lan` (default ports), `registry.lan:5000`, `10.2.0.0/16`, `10.2.0.0/16:5000`, `[fd00::1]:5000`; with the
    prefix `http://`, connections do not use TLS.
    """

    hosts: frozenset[tuple[str, int]] = frozenset()  # port 0: the default ports
    networks: tuple[tuple[Network, int], ...] = ()
    plain: frozenset[tuple[str, int]] = frozenset()  # without TLS

    @classmethod
    def read(cls, entries: Iterable[str]) -> "Allowed":
        """Parse entries of the setting. Raise ValueError with the invalid entry."""
        hosts, networks, plain = set(), [], set()
        for entry in entries:
            text = entry.strip().lower()
            if not text:
                continue
            is_plain = text.startswith("http://")
            name, port = _split(text.removeprefix("http://").removeprefix("https://"), entry)
            try:
                networks.append((ipaddress.ip_network(name), port))
            except ValueError:
                if not _is_name(name):
                    raise ValueError(entry) from None
                hosts.add((name, port))
            if is_plain:
                plain.add((name, port))
        return cls(frozenset(hosts), tuple(networks), frozenset(plain))

    def host(self, host: str, port: int) -> bool:
        """Return whether this name may have private addresses, on this port."""
        return (host, port) in self.hosts or (port in USUAL_PORTS and (host, 0) in self.hosts)

    def address(self, address: Address, port: int) -> bool:
        """Return whether this address is in an allowed network, on this port."""
        return any(
            address in network and (port == wanted or (not wanted and port in USUAL_PORTS))
            for network, wanted in self.networks
        )

    def without_tls(self, host: str, port: int) -> bool:
        return (host, port) in self.plain or (port == PORTS["http"] and (host, 0) in self.plain)


def _split(text: str, entry: str) -> tuple[str, int]:
    """Return name or network, and port (0 if there is none). Raise ValueError with the entry."""
    text = text.rstrip("/") if text.count("/") == 1 and text.endswith("/") else text
    if text.startswith("["):
        name, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ValueError(entry)
        port = rest[1:]
    elif text.count(":") > 1 and "/" not in text:
        name, port = text, ""  # an IPv6 address alone
    elif "/" in text:
        before, _slash, after = text.partition("/")
        bits, _colon, port = after.partition(":")
        name = f"{before}/{bits}"
    else:
        name, _colon, port = text.partition(":")
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(entry)
    return name, int(port or 0)


def _is_name(text: str) -> bool:
    labels = text.split(".")
    fits = all(0 < len(label) < 64 and label.strip("-") == label for label in labels)
    return len(text) < 254 and fits and all(c.isascii() and (c.isalnum() or c in "-._") for c in text)


def _inner(address: Address) -> Address | None:
    """Return the IPv4 address that an IPv6 address embeds (mapped, NAT64, 6to4; Teredo servers are refused anyway)."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def is_public(address: Address) -> bool:
    """Return whether this address belongs to the public internet, and does not only embed another address."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in SPECIAL_V4) and not _never(address)
    return address in PUBLIC_V6 and not any(address in network for network in SPECIAL_V6) and not _never(address)


def _never(address: Address) -> bool:
    inner = _inner(address)
    return any(one in network for one in (address, inner) if one is not None for network in NEVER)


def judge(host: str, port: int, addresses: Sequence[str], allowed: Allowed) -> list[Address]:
    """Return the addresses to connect to. Raise Forbidden if any of them is not allowed: a name with allowed and
    forbidden addresses is not trusted."""
    named = allowed.host(host, port)
    found = []
    for text in addresses:
        if "%" in text:
            raise Forbidden(_("The portal must not connect to {host}.", host=host))
        address = ipaddress.ip_address(text)
        inside = allowed.address(address, port)
        if _never(address) or not (is_public(address) or named or inside):
            raise Forbidden(_("{host} is in a private network, to which the portal does not connect.", host=host))
        if port not in USUAL_PORTS and not (named or inside):
            raise Forbidden(
                _("The portal does not connect to port {port} of {host}. Operators can allow it.", port=port, host=host)
            )
        found.append(address)
    return found
