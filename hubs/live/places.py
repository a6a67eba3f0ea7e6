"""Origin of a request: address, network, browser. Pure.

A User-Agent can contain anything, so this module only returns names from its tables: a client that changes its
User-Agent with every request produces at most a few dozen names.
"""

import ipaddress
import re

from hubs.language import _

# The first match counts: most browsers also claim to be the others.
_BROWSERS = (
    ("Command line", r"hubportal"),
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
    ("A script", r"(?i)python|curl|wget|httpx|okhttp|go-http|java|node"),
)
_SYSTEMS = (
    ("Android", r"Android"),
    ("iOS", r"iPhone|iPad|iPod"),
    ("ChromeOS", r"CrOS"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux|X11"),
)


def _first(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in table if re.search(pattern, text)), "")


def browser_family(user_agent: str) -> str:
    """Return the name and system, without versions, so that an update is not a new browser. In English: it is stored
    and compared.

    >>> browser_family("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox on Linux'
    >>> browser_family("<script>")
    'Another browser'
    """
    name, system = _first(_BROWSERS, user_agent) or "Another browser", _first(_SYSTEMS, user_agent)
    return f"{name} on {system}" if system else name


def shown_browser(family: str) -> str:
    """Return a stored `browser_family` in the reader's language."""
    name, _on, system = family.partition(" on ")
    words = {"Command line": _("Command line"), "A script": _("A script"), "Another browser": _("Another browser")}
    shown = words.get(name, name)
    return _("{browser} on {system}", browser=shown, system=system) if system else shown


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def network(address: str) -> str:
    """Return the network that counts as one place: /24, or /48 for IPv6, which one site gets (RFC 6177). "" for none.

    >>> network("192.0.2.77"), network("2001:db8:1:2::3"), network("")
    ('192.0.2.0/24', '2001:db8:1::/48', '')
    """
    found = _parsed(address)
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False)) if found else ""


def one_caller(address: str) -> str:
    """Return what counts as one address: a /64 for IPv6, in which one machine may use a different address each time.

    >>> one_caller("192.0.2.77"), one_caller("2001:db8:1:2::3"), one_caller("unix:")
    ('192.0.2.77', '2001:db8:1:2::/64', 'none')
    """
    found = _parsed(address)
    if found is None:
        return "none"
    return str(found) if found.version == 4 else str(ipaddress.ip_network(f"{found}/64", strict=False))
