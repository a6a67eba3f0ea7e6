"""The hub itself, asked through whatever leads to it: the API server's service proxy, or the hub's public address.

The API server's proxy takes the Authorization header for itself, so questions that need the hub's token go to the
public address, and only health goes through the proxy.
"""

import contextlib
import functools
import ssl
from typing import Any
from urllib.parse import quote

import httpx

from provisioning.contract import Server, Target
from provisioning.errors import Missing, RuntimeFault, Transient
from provisioning.names import base_path
from provisioning.runtimes import starting
from provisioning.runtimes.kubernetes import trouble
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.world import SERVERS, World, annotation, metadata

DEADLINE = 2.0  # seconds, one question to the public address
REVISION_HEADER = "X-Hub-Revision"
_PAGED = "application/jupyterhub-pagination+json"
PAGE, MOST_PAGES = 200, 25


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Reading all the authorities takes longer than asking a hub."""
    return httpx.create_ssl_context(trust_env=False)


def _client() -> httpx.Client:
    return httpx.Client(timeout=DEADLINE, trust_env=False, follow_redirects=False, verify=_trusted())


def revision(api: Api, world: World) -> str:
    """The revision that the hub reports; "" when it does not answer."""
    service = f"/api/v1/namespaces/{world.namespace}/services/proxy-public:80/proxy"
    with contextlib.suppress(RuntimeFault):
        _, headers = api.text("GET", f"{service}{base_path(world.target.url)}hub/health", doing="ask the hub")
        if says := headers.get(REVISION_HEADER, ""):
            return says
    with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL), _client() as client:
        answer = client.get(f"{world.target.url}hub/health")
        return answer.headers.get(REVISION_HEADER, "") if answer.status_code == 200 else ""
    return ""


def _is_ready(pod: Any) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def servers(world: World) -> tuple[Server, ...]:
    """People's running servers, from their pods; when each was busy last, from the hub, when it can be asked."""
    pods = [pod for pod in world.component(SERVERS) if "deletionTimestamp" not in metadata(pod)]
    active = _activity(world) if pods else {}
    found = []
    for pod in pods:
        user = annotation(pod, "hub.jupyter.org/username")
        name = annotation(pod, "hub.jupyter.org/servername")
        started, ready = str(pod.get("status", {}).get("startTime", "")), _is_ready(pod)
        why = "" if ready else trouble.of_server(pod)
        found.append(Server(user, name, ready, started, active.get((user, name), ""), why))
    return tuple(sorted(found, key=lambda server: (server.user, server.name)))


def _activity(world: World) -> dict[tuple[str, str], str]:
    headers = {"Authorization": f"token {world.secret('hub', 'portal_service_token')}", "Accept": _PAGED}
    query: dict[str, int | str] = {"state": "active", "limit": PAGE, "offset": 0}
    found: dict[tuple[str, str], str] = {}
    with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError), _client() as client:
        for _ in range(MOST_PAGES):
            answer = client.get(f"{world.target.url}hub/api/users", params=query, headers=headers)
            answer.raise_for_status()
            page = answer.json()
            for user in page["items"]:
                for name, server in user.get("servers", {}).items():
                    found[str(user["name"]), str(name)] = str(server.get("last_activity") or "")
            if not (following := page["_pagination"]["next"]):
                break
            query["offset"] = following["offset"]
    return found


def start_server(target: Target, token: str, user: str, server: str) -> None:
    """Raises as starting.start_server does."""
    with _client() as client:
        starting.start_server(client, target.url, {"Authorization": f"token {token}"}, user, server)


def stop_server(target: Target, token: str, user: str, server: str) -> None:
    """Ask the hub to stop it. Raises Missing when the hub knows no such server, Transient when it can't be asked."""
    where = f"servers/{quote(server, safe='')}" if server else "server"
    url = f"{target.url}hub/api/users/{quote(user, safe='')}/{where}"
    try:
        with _client() as client:
            answer = client.delete(url, headers={"Authorization": f"token {token}"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Transient("The hub does not answer at its address.", "HubUnreachable") from error
    if answer.status_code == 404:
        raise Missing("This server does not run.")
    if answer.status_code not in (202, 204):
        raise Transient(f"The hub answers {answer.status_code}.", "HubRefuses")
