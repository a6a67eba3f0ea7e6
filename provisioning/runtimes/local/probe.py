"""Checks of ports on this machine: a hub by way of its proxy, the proxy itself, and whether a port is in use."""

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpcore

from hubs.outbound import ERRORS, Answer, Deadline, Wire, loopback
from provisioning.contract import Target
from provisioning.names import base_path
from provisioning.runtimes.jupyterhub import MOST_BYTES, HubApi, Reply, silent, unreachable

SECONDS = 2.0  # per request
_wire = Wire(loopback, kept=0)  # plain HTTP on this machine; no connections to a replaced hub are kept


def _ask(method: str, port: int, path: str, headers: Mapping[str, str]) -> Answer:
    url = f"http://127.0.0.1:{port}{path}"
    return _wire.ask(method, url, Deadline(SECONDS), headers=headers, most_bytes=MOST_BYTES)


def hub(target: Target, token: str) -> HubApi:
    """Return the API of the hub by way of its proxy, which listens on 127.0.0.1 ("localhost" may be ::1) and responds
    only to the hub's own host name."""

    def ask(method: str, below: str, headers: Mapping[str, str]) -> Reply:
        if "public" not in target.ports:
            raise unreachable()
        proof = {"Authorization": f"token {token}"} if token and below.startswith("hub/api/") else {}
        named = {"Host": urlsplit(target.url).netloc, **proof, **headers}
        try:
            answer = _ask(method, target.ports["public"], base_path(target.url) + below, named)
        except httpcore.ReadTimeout as error:
            raise silent() from error
        except ERRORS as error:
            raise unreachable() from error
        return Reply(answer.status, answer.headers, answer.body)

    return HubApi(ask)


def revision(target: Target) -> str:
    """Return the revision that the hub reports through its proxy; "" if it does not respond."""
    if "public" not in target.ports or not somebody_listens(target.ports["hub"]):
        return ""  # not running yet: avoids a line in the proxy's log for each check of a starting hub
    return hub(target, "").revision()


def proxy_answers(target: Target, token: str) -> bool:
    """Return whether the proxy on our port accepts our token. Another program there would not."""
    if "api" not in target.ports:
        return False  # a retired hub has released its ports
    try:
        answer = _ask("GET", target.ports["api"], "/api/routes", {"Authorization": f"token {token}"})
    except ERRORS:
        return False
    return answer.status == 200


def port_is_free(port: int) -> bool:
    """Return whether this port of 127.0.0.1 is free. Connections that are just closing do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def somebody_listens(port: int) -> bool:
    """Return whether anything accepts connections on this port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), SECONDS).close()
    except OSError:
        return False
    return True
