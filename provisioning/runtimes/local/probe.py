"""What this machine's own ports say: a hub's through its proxy, the proxy's, and whether anybody listens."""

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpcore

from hubs.outbound import ERRORS, Answer, Deadline, Wire, loopback
from provisioning.contract import Target
from provisioning.names import base_path
from provisioning.runtimes.jupyterhub import MOST_BYTES, HubApi, Reply, silent, unreachable

SECONDS = 2.0  # one question
_wire = Wire(loopback, kept=0)  # plain HTTP on this machine; a hub that is replaced leaves no connection behind


def _ask(method: str, port: int, path: str, headers: Mapping[str, str]) -> Answer:
    url = f"http://127.0.0.1:{port}{path}"
    return _wire.ask(method, url, Deadline(SECONDS), headers=headers, most_bytes=MOST_BYTES)


def hub(target: Target, token: str) -> HubApi:
    """The hub as this machine reaches it: through its proxy, which listens on 127.0.0.1 ("localhost" may be ::1) and
    answers only to the hub's own name."""

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
    """The revision that the hub reports through its proxy; "" when it does not answer."""
    if "public" not in target.ports or not somebody_listens(target.ports["hub"]):
        return ""  # nobody there yet: spares the proxy's log a line for every look at a starting hub
    return hub(target, "").revision()


def proxy_answers(target: Target, token: str) -> bool:
    """Does the proxy on our port know our token? A stranger's program there does not."""
    if "api" not in target.ports:
        return False  # a retired hub has given its ports back
    try:
        answer = _ask("GET", target.ports["api"], "/api/routes", {"Authorization": f"token {token}"})
    except ERRORS:
        return False
    return answer.status == 200


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
        socket.create_connection(("127.0.0.1", port), SECONDS).close()
    except OSError:
        return False
    return True
