"""A person's server is stopped by its hub, in the same way on one machine and in a cluster: the call continues while
the server saves its state, and the pod of a busy hub's server is never deleted directly."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from provisioning.errors import Missing, Transient
from provisioning.runtimes.kubernetes import inside
from provisioning.runtimes.kubernetes.world import COMPONENT, SERVERS
from provisioning.runtimes.local import probe

from .test_every_path import in_a_cluster, local

Stop = Callable[[], None]


class Hub(ThreadingHTTPServer):
    """A JupyterHub behind its proxy, and the API server in front of it, which also accepts calls about pods."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.says: dict[str, int] = {"GET": 200, "DELETE": 204}
        self.holds = ""  # a method that is not answered before `released`
        self.released = threading.Event()
        self.came: list[str] = []  # methods; for pods as "DELETE pod"


class Answers(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pods = "/pods/" in self.path
        self.server.came.append(f"{self.command} pod" if pods else self.command)
        if self.command == self.server.holds:
            self.server.released.wait(20)
        body = json.dumps({"name": "mia", "servers": {"": {"ready": True}}}).encode()
        self.send_response(200 if pods else self.server.says[self.command])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_DELETE = do_GET


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["on one machine", "in a cluster"])
def stop(request: pytest.FixtureRequest, hub: Hub) -> Stop:
    """Stop a server as a page does."""
    if request.param == "on one machine":
        return lambda: probe.hub(local(hub.server_port), "t0ken").stop_server("mia", "")
    api, world = in_a_cluster(hub.server_port)
    named = {"hub.jupyter.org/username": "mia", "hub.jupyter.org/servername": ""}
    world.pods = [
        {"metadata": {"name": "jupyter-mia", "uid": "1", "labels": {COMPONENT: SERVERS}, "annotations": named}}
    ]
    return lambda: inside.stop_server(api, world, "mia", "")


def test_stopping_continues_while_the_server_saves_its_state(hub: Hub, stop: Stop):
    hub.holds = "DELETE"
    stop()
    assert hub.came == ["GET", "DELETE"], "and no pod is deleted meanwhile"


def test_stopping_again_while_it_stops_is_not_an_error(hub: Hub, stop: Stop):
    hub.says["DELETE"] = 202
    stop()
    stop()
    assert "DELETE pod" not in hub.came


@pytest.mark.parametrize("busy", ["silent", 400, 500, 429])
def test_a_busy_hub_is_not_bypassed(hub: Hub, stop: Stop, busy: Any):
    if busy == "silent":
        hub.holds = "GET"
    else:
        hub.says["DELETE"] = busy
    with pytest.raises(Transient):
        stop()
    assert "DELETE pod" not in hub.came


@pytest.mark.parametrize("answer", [404, 503])
def test_without_its_hub_a_cluster_deletes_the_pod_and_one_machine_has_none(
    hub: Hub, stop: Stop, answer: int, request: pytest.FixtureRequest
):
    """The hub has forgotten the server, or is not running."""
    hub.says["GET"] = answer
    if "in a cluster" in request.node.callspec.id:
        stop()
        assert hub.came == ["GET", "DELETE pod"]
    else:
        with pytest.raises(Missing if answer == 404 else Transient):
            stop()
