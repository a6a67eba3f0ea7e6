"""A replacement for hubs' pods without a kubelet: their statuses are written, and one small server responds to
/hub/health for all of them, through the API server's service proxy as a real hub would."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench.kubernetes.place import Place

MERGE = "application/merge-patch+json"
_NAMESPACE = re.compile(r"/namespaces/([^/]+)/services/")


def own_address() -> str:
    """Return a non-loopback address of this machine, because the API server's proxy refuses loopback. Sends no
    packet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


class Front:
    """A server that responds for hubs with their revision."""

    def __init__(self, at: Place, address: str, port: int) -> None:
        self.at, self.address, self.port = at, address, port
        self.revisions: dict[str, str] = {}  # by namespace

    def stands_for(self, hub: Any) -> None:
        """Route the hub's Service to this server. The controllers must have ended, or they would correct it."""
        from provisioning import names, prepare
        from provisioning.errors import Missing

        namespace = names.namespace(hub.slug, hub.uid)
        self.revisions[namespace] = prepare.release(hub).revision
        pods = self.at.admin.request(
            "GET", f"/api/v1/namespaces/{namespace}/pods", {"labelSelector": "component=proxy"}
        )
        pod = {"kind": "Pod", "namespace": namespace, "name": pods["items"][0]["metadata"]["name"]}
        endpoints = {
            "apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "proxy-public", "namespace": namespace},
            "subsets": [{"addresses": [{"ip": self.address, "targetRef": pod}],
                         "ports": [{"name": "http", "port": self.port}]}],
        }  # fmt: skip
        path = f"/api/v1/namespaces/{namespace}/endpoints"
        with contextlib.suppress(Missing):
            self.at.admin.request("DELETE", f"{path}/proxy-public")
        self.at.admin.request("POST", path, body=endpoints)


@contextmanager
def front(at: Place) -> Iterator[Front]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            found = _NAMESPACE.search(self.headers.get("X-Forwarded-Uri", ""))
            revision = answers.revisions.get(found[1] if found else "", "")
            self.send_response(200 if revision else 503)
            self.send_header("X-Hub-Revision", revision)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer((own_address(), 0), Handler)
    server.daemon_threads = True
    answers = Front(at, str(server.server_address[0]), server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        server.shutdown()
        server.server_close()


def running() -> dict[str, Any]:
    """Return the status of a running pod, as written by a kubelet."""
    address = own_address()
    conditions = [{"type": kind, "status": "True"} for kind in ("Ready", "PodScheduled")]
    return {"phase": "Running", "conditions": conditions, "podIP": address, "podIPs": [{"ip": address}]}


def run_pods(at: Place, hub: Any) -> bool:
    """Mark the hub's pods as running, as a kubelet would. Return whether both of its Deployments are rolled out."""
    from provisioning import names
    from provisioning.runtimes.kubernetes.seen import rolled_out

    namespace = names.namespace(hub.slug, hub.uid)
    path = f"/api/v1/namespaces/{namespace}/pods"
    for pod in at.admin.request("GET", path)["items"]:
        if pod["status"].get("phase") != "Running":
            where = f"{path}/{pod['metadata']['name']}/status"
            at.admin.request("PATCH", where, body={"status": running()}, content_type=MERGE)
    deployments = at.admin.request("GET", f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"]
    return len(deployments) == 2 and all(rolled_out(deployment) for deployment in deployments)
