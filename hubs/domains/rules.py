"""Which host names share cookies in a browser. Pure."""

import functools
import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tldextract.tldextract import ExtractResult


def related(one: str, other: str) -> bool:
    """Return whether the host names are equal, or one is a subdomain of the other.

    >>> related("portal.example.org", "example.org"), related("localhost", "127.0.0.1")
    (True, False)
    """
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


@functools.cache
def _public_suffixes() -> "Callable[[str], ExtractResult]":
    """Return the Public Suffix List (publicsuffix.org) of the package, including its private domains."""
    from tldextract import TLDExtract  # 0.4 s of CPU: for `manage.py check` alone

    return TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)


def site(host: str) -> str:
    """Return the widest domain for which this host may set cookies: one label below a public suffix. An IP address or a
    public suffix is its own site.

    >>> site("portal.uni.de"), site("a.uni.ac.uk"), site("portal.corp.lan"), site("10.0.0.1")
    ('uni.de', 'uni.ac.uk', 'corp.lan', '10.0.0.1')
    """
    host = host.strip(".").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        found = _public_suffixes()(host)
    if not found.suffix:
        return ".".join(host.split(".")[-2:])  # default rule of the list: the last label is the suffix
    return found.top_domain_under_public_suffix or host
