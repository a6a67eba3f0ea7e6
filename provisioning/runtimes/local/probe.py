"""Questions to a running hub, each with a short deadline. None but `start_server` raises: no answer is an answer."""

import socket
import ssl
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from provisioning.contract import Server, Target
from provisioning.names import base_path
from provisioning.runtimes import starting

DEADLINE = 2.0  # seconds, one question
PAGE, MOST_PAGES = 200, 25
REVISION_HEADER = "X-Hub-Revision"
# Everything here is plain HTTP on this machine. Without this, each client reads the system's certificates: 20 ms.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_PAGED = "application/jupyterhub-pagination+json"


def hub_address(target: Target) -> str:
    """The hub as this machine reaches it: through its proxy, which listens on 127.0.0.1 ("localhost" may be ::1) and
    answers only to the hub's own name (`_named`)."""
    return f"http://127.0.0.1:{target.ports['public']}{base_path(target.url)}"


def _named(target: Target) -> dict[str, str]:
    return {"Host": urlsplit(target.url).netloc}


def _client() -> httpx.Client:
    return httpx.Client(timeout=DEADLINE, trust_env=False, follow_redirects=False, verify=_NO_TLS)


def revision(target: Target) -> str:
    """The revision that the hub reports through its proxy; "" when it does not answer."""
    if "public" not in target.ports or not somebody_listens(target.ports["hub"]):
        return ""  # nobody there yet: spares the proxy's log a line for every look at a starting hub
    try:
        with _client() as client:
            answer = client.get(f"{hub_address(target)}hub/health", headers=_named(target))
    except httpx.HTTPError:
        return ""
    return answer.headers.get(REVISION_HEADER, "") if answer.status_code == 200 else ""


def proxy_answers(target: Target, token: str) -> bool:
    """Does the proxy on our port know our token? A stranger's program there does not."""
    if "api" not in target.ports:
        return False  # a retired hub has given its ports back
    try:
        with _client() as client:
            answer = client.get(
                f"http://127.0.0.1:{target.ports['api']}/api/routes", headers={"Authorization": f"token {token}"}
            )
    except httpx.HTTPError:
        return False
    return answer.status_code == 200


def _servers_of(user: Any) -> list[Server]:
    return [
        Server(
            user=str(user["name"]),
            name=str(name),
            ready=bool(server.get("ready")),
            started=str(server.get("started") or ""),
            last_activity=str(server.get("last_activity") or ""),
        )
        for name, server in user.get("servers", {}).items()
        if server.get("pending") != "stop"
    ]


def servers(target: Target, token: str) -> tuple[Server, ...] | None:
    """Everybody's running servers, from the hub's own API; None when it can't be asked."""
    found: list[Server] = []
    headers = {"Authorization": f"token {token}", "Accept": _PAGED, **_named(target)}
    query: dict[str, int | str] = {"state": "active", "limit": PAGE, "offset": 0}
    try:
        with _client() as client:
            for _ in range(MOST_PAGES):
                answer = client.get(f"{hub_address(target)}hub/api/users", params=query, headers=headers)
                answer.raise_for_status()
                page = answer.json()
                for user in page["items"]:
                    found += _servers_of(user)
                following = page["_pagination"]["next"]
                if not following:
                    break
                query["offset"] = following["offset"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return tuple(found)


def start_server(target: Target, token: str, user: str, server: str) -> None:
    """Raises as starting.start_server does."""
    with _client() as client:
        headers = {"Authorization": f"token {token}", **_named(target)}
        starting.start_server(client, hub_address(target), headers, user, server)


def stop_server(target: Target, token: str, user: str, server: str) -> bool | None:
    """Ask the hub to stop a server: True when it does, False when there is no such server, None without an answer."""
    headers = {"Authorization": f"token {token}", **_named(target)}
    person = f"{hub_address(target)}hub/api/users/{quote(user, safe='')}"
    try:
        with _client() as client:
            answer = client.get(person, headers=headers)
            if answer.status_code == 404:
                return False
            if server not in answer.raise_for_status().json()["servers"]:
                return False
            where = f"servers/{quote(server, safe='')}" if server else "server"
            try:
                return True if client.delete(f"{person}/{where}", headers=headers).is_success else None
            except httpx.ReadTimeout:
                return True  # the hub goes on with it: it answers when the server has saved its state
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def port_is_free(port: int) -> bool:
    """May we listen on this port of 127.0.0.1? Connections that are just closing do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def somebody_listens(port: int) -> bool:
    """Does anything accept connections on this port of 127.0.0.1?"""
    try:
        socket.create_connection(("127.0.0.1", port), DEADLINE).close()
    except OSError:
        return False
    return True
