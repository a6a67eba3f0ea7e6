"""Every outbound connection is known: its client is made in hubs/outbound, or its file is listed here with a reason."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = set(
    "httpx httpcore requests urllib3 urllib.request http.client smtplib socket ftplib aiohttp websocket websockets "
    "kubernetes dns.resolver dns.query dns.nameserver telnetlib xmlrpc.client poplib imaplib tornado.httpclient".split()
)
# Errors, addresses and data types of these libraries connect to nothing.
DATA = {
    "httpcore": {"TimeoutException", "ConnectError", "ConnectTimeout", "ReadTimeout", "RemoteProtocolError", "Response",
                 "UnsupportedProtocol", "LocalProtocolError", "ProtocolError"},
    "httpx": {"URL", "InvalidURL", "create_ssl_context"},
    "requests": {"Request", "Response", "PreparedRequest", "HTTPError", "exceptions"},
    "smtplib": {"SMTPRecipientsRefused", "SMTPSenderRefused", "SMTPDataError", "SMTPNotSupportedError",
                "SMTPException"},
}  # fmt: skip
ALLOWED = {
    "hubs/outbound/wire.py": "the one place",
    "hubs/outbound/lookups.py": "the one place where names are resolved",
    "hubs/outbound/dns_records.py": "records, from name servers that staff configure; dnspython ends the whole in time",
    "provisioning/runtimes/kubernetes/client.py": "reads credentials with the official client; connects by a wire",
    "provisioning/runtimes/local/probe.py": "is a port of this machine free, does anybody listen",
    "portal/machine/private_redis.py": "a free port for the Redis that `make run` starts",
    "portal/run.py": "waits for the portal that `make run` started, on loopback",
    "portal/doctor/place.py": "an operator's command, which asks the portal's own address",
    "portal/doctor/services.py": "an operator's command, which asks the mail server of the settings",
    "cli/client.py": "another program, on its user's machine",
    # Hubs read these files in their own pods; they call the portal.
    "provisioning/hubside/common/user_limits.py": "runs in a hub",
    "provisioning/hubside/common/portal_sign_in.py": "runs in a hub",
    "provisioning/hubside/common/image_probe/look.py": "runs in the image that is probed, and asks it on its loopback",
}


def used(path: Path) -> set[str]:
    """Return what a file uses of the libraries beyond data types: "httpx.Client"."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    aliases: dict[str, str] = {}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if any(name.name == library or name.name.startswith(f"{library}.") for library in LIBRARIES):
                    root = name.name if name.asname else name.name.split(".")[0]
                    aliases[name.asname or root] = name.name
                    if root not in DATA:
                        found.add(name.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                library = next((one for one in LIBRARIES if whole == one or whole.startswith(f"{one}.")), None)
                if library == "requests" and node.module == "requests.structures":
                    continue
                if library and name.name not in DATA.get(library, ()):
                    found.add(whole)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            library = aliases[node.value.id]
            if library in DATA and node.attr not in DATA[library]:
                found.add(f"{library}.{node.attr}")
        if isinstance(node, ast.Attribute) and node.attr in ("open_connection", "create_connection"):
            found.add(node.attr)
    return found


def files() -> list[Path]:
    return [path for folder in ("hubs", "portal", "provisioning") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_every_client_is_made_in_hubs_outbound():
    made = {str(path.relative_to(ROOT)): names for path in files() if (names := used(path))}
    assert {path: names for path, names in made.items() if path not in ALLOWED} == {}, "use hubs.outbound instead"


def test_every_listed_file_still_needs_its_reason():
    assert [path for path in ALLOWED if not (ROOT / path).exists()] == []


WAYS = (
    "import httpx\nhttpx.get('x')", "from httpx import Client", "import requests as r\nr.post('x')", "import socket",
    "import urllib.request", "from urllib.request import urlopen", "import http.client", "import dns.resolver",
    "from http.client import HTTPSConnection", "import urllib3", "import smtplib as s\ns.SMTP()",
    "import asyncio\nasyncio.open_connection('x', 1)", "from kubernetes import client",
    "import httpcore\nhttpcore.ConnectionPool()",
)  # fmt: skip
NONE = "from urllib.parse import quote", "import httpx\nhttpx.URL('x')", "from hubs.requests.services import requests"


def test_the_sweep_finds_common_clients(tmp_path):
    path = tmp_path / "one.py"
    for text, seen in [*((text, True) for text in WAYS), *((text, False) for text in NONE)]:
        path.write_text(text)
        assert bool(used(path)) is seen, text
