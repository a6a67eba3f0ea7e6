"""DNS queries. Every query has a deadline, and a missing answer is never treated as “there is no record”."""

import time
from collections.abc import Sequence

import dns.exception
import dns.inet
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
from django.conf import settings


class Unanswered(Exception):
    """No name server gave a usable answer, so nothing is known."""


def nameserver(text: str) -> dns.nameserver.Nameserver:
    """Return a name server from ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT. Raise ValueError.

    >>> str(nameserver("[::1]:5353")), str(nameserver("192.0.2.1"))
    ('Do53:::1@5353', 'Do53:192.0.2.1@53')
    """
    address, port = text, "53"
    if text.startswith("["):
        address, _, port = text[1:].partition("]")
        port = port.removeprefix(":") or "53"
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{text} is not an ADDRESS or ADDRESS:PORT.")
    dns.inet.af_for_address(address)  # raises ValueError
    return dns.nameserver.Do53Nameserver(address, int(port))


def _resolver() -> dns.resolver.Resolver:
    servers: Sequence[str] = settings.DNS_SERVERS
    made = dns.resolver.Resolver(configure=not servers)
    if servers:
        made.nameservers = [nameserver(text) for text in servers]
    made.cache = None
    return made


class Records:
    """Current DNS records, not cached. All queries of one object together take at most `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self._asks: dns.resolver.Resolver | None = None

    def _ask(self, name: str, kind: str) -> list[dns.rdata.Rdata]:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Unanswered("the time is up")
        try:
            self._asks = self._asks or _resolver()
            self._asks.timeout = min(2.0, left)
            return list(self._asks.resolve(dns.name.from_text(f"{name}."), kind, lifetime=left, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise Unanswered(type(error).__name__) from error

    def texts(self, name: str) -> list[str]:
        """Return TXT records; the strings of one record are joined, as in RFC 7208. Raise Unanswered."""
        found = self._ask(name, "TXT")
        return [b"".join(record.strings).decode("utf-8", "replace") for record in found]  # type: ignore[attr-defined]

    def alias(self, name: str) -> str:
        """Return the target of a CNAME in lowercase, or "" if there is none. Raise Unanswered."""
        found = self._ask(name, "CNAME")
        return str(found[0].target).rstrip(".").lower() if found else ""  # type: ignore[attr-defined]

    def addresses(self, name: str) -> set[str]:
        """Return IPv4 and IPv6 addresses. Raise Unanswered."""
        return {str(record) for kind in ("A", "AAAA") for record in self._ask(name, kind)}
