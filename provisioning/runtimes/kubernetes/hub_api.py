"""The API of a namespace's hub, reached through the cluster's API server (its service proxy) with verified TLS, never
by the hub's public name. The portal's token is in a separate header, because the API server uses `Authorization`
itself; the hub accepts it there (hubside/kubernetes/jupyterhub_config.py). docs/decisions/023.
"""

import json
from collections.abc import Mapping
from typing import Any

import httpcore

from hubs.language import _
from hubs.spec import hub_secrets
from provisioning.contract import Server
from provisioning.errors import RuntimeFault, Transient
from provisioning.names import base_path
from provisioning.runtimes.jupyterhub import MOST_BYTES, HubApi, Reply, silent, unreachable
from provisioning.runtimes.kubernetes import trouble
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.world import SERVERS, World, annotation, metadata

TOKEN_HEADER = "X-Hubportal-Token"  # noqa: S105 - its name
UNASKED = httpcore.ConnectError | httpcore.ConnectTimeout


def of(api: Api, world: World) -> HubApi:
    """Return the API of the hub in this namespace."""
    path = f"/api/v1/namespaces/{world.namespace}/services/proxy-public:80/proxy{base_path(world.target.url)}"
    token = world.secret("hub", hub_secrets.SERVICE)

    def ask(method: str, below: str, headers: Mapping[str, str]) -> Reply:
        asks_as_portal = below.startswith("hub/api/")
        if asks_as_portal and not token:
            raise unreachable()  # it does not exist yet, or no longer
        with_token = {TOKEN_HEADER: token} if asks_as_portal else {}
        try:
            status, body, told = api.ask(method, path + below, headers={**headers, **with_token}, most_bytes=MOST_BYTES)
        except Transient as fault:
            if isinstance(fault.__cause__, httpcore.TimeoutException) and not isinstance(fault.__cause__, UNASKED):
                raise silent() from fault
            raise
        if not_the_hub := _of_the_cluster(api, status, body, told):
            raise not_the_hub
        return Reply(status, told, body)

    return HubApi(ask)


def _of_the_cluster(api: Api, status: int, body: bytes, headers: Mapping[str, str]) -> RuntimeFault | None:
    """Return the error if the API server itself responded, because the hub was not reached. Always Transient."""
    if status < 400:
        return None
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not (isinstance(said, dict) and said.get("kind") == "Status" and said.get("apiVersion") == "v1"):
        return None
    fault = api.refusal(status, body, headers, _("send a request to the hub"))
    return fault if isinstance(fault, Transient) and status in (401, 403) else unreachable()


def _is_ready(pod: Any) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)


def servers(api: Api, world: World) -> tuple[Server, ...]:
    """Return running servers, from their pods, with the last activity from the hub if it responds."""
    pods = [pod for pod in world.component(SERVERS) if "deletionTimestamp" not in metadata(pod)]
    told = (of(api, world).servers() or ()) if pods else ()
    active = {(server.user, server.name): server.last_activity for server in told}
    found = []
    for pod in pods:
        user = annotation(pod, "hub.jupyter.org/username")
        name = annotation(pod, "hub.jupyter.org/servername")
        started, ready = str(pod.get("status", {}).get("startTime", "")), _is_ready(pod)
        why = "" if ready else trouble.of_server(pod)
        found.append(Server(user, name, ready, started, active.get((user, name), ""), why))
    return tuple(sorted(found, key=lambda server: (server.user, server.name)))
