"""Plays the kubelet, the scheduler and the volume controller, because only an API server and its controllers run.

The real controllers create ReplicaSets and Pods from Deployments and finish namespaces. This thread then writes what a
kubelet would write: pods run and are ready, pods that are being deleted are gone, claims are bound. It also answers
/hub/health for hubs (place.FrontedApi), with the revision of the pod that "runs". Nothing else of a pod is real: it
has no process, no log and no address (so that the API server's service proxy reports at once that there are no
endpoints, instead of waiting for some). tests/cluster/ has real pods.
"""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from provisioning.names import LABEL_HUB

from .server import KubeServer

NOW = "2026-11-23T06:00:00Z"
MERGE = "application/merge-patch+json"
Unhappy = Callable[[dict[str, Any]], dict[str, Any]]  # pod -> status


class Kubelet:
    """Updates every pod with a hub's label. `orders[namespace, component]` replaces the healthy status."""

    def __init__(self, kube: KubeServer) -> None:
        self.kube = kube
        self.orders: dict[tuple[str, str], Unhappy] = {}
        self.running: dict[str, str] = {}  # namespace -> revision of the hub that answers
        self.fronts: dict[str, ThreadingHTTPServer] = {}
        self.errors: list[str] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="kubelet", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        self._thread.join(10)
        for front in self.fronts.values():
            front.shutdown()
            front.server_close()

    # --- unhealthy statuses, as real clusters write them --------------------------------------------------------------
    def _order(self, namespace: str, component: str, status: Unhappy) -> None:
        self.orders[namespace, component] = status

    def crash_loop(self, namespace: str, component: str, reason: str = "Error") -> None:
        """The container ends again and again."""
        ended = {"exitCode": 1, "reason": reason, "finishedAt": NOW, "startedAt": NOW}
        waiting = {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}
        self._order(
            namespace, component, lambda pod: _status(pod, False, {"waiting": waiting}, {"terminated": ended}, 3)
        )

    def crash_now(self, namespace: str, component: str) -> None:
        """Existing pods end again and again; pods that replace them are healthy."""
        path = f"/api/v1/namespaces/{namespace}/pods?labelSelector=component={component}"
        victims = {pod["metadata"]["uid"] for pod in self.kube.call("GET", path)["items"]}
        self.crash_loop(namespace, component)
        crashing = self.orders[namespace, component]
        self._order(
            namespace, component, lambda pod: crashing(pod) if pod["metadata"]["uid"] in victims else _happy(pod)
        )

    def image_pull_error(self, namespace: str, component: str) -> None:
        waiting = {"reason": "ImagePullBackOff", "message": 'Back-off pulling image: "not found"'}
        self._order(namespace, component, lambda pod: _status(pod, False, {"waiting": waiting}, phase="Pending"))

    def unschedulable(self, namespace: str, component: str, message: str) -> None:
        """Write what the scheduler writes, such as "0/3 nodes are available: 3 Insufficient memory."."""
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
                     "lastTransitionTime": NOW}  # fmt: skip
        self._order(namespace, component, lambda pod: {"phase": "Pending", "conditions": [condition]})

    def never_ready(self, namespace: str, component: str) -> None:
        self._order(namespace, component, lambda pod: _status(pod, False, {"running": {"startedAt": NOW}}))

    def heal(self, namespace: str, component: str) -> None:
        """New pods are healthy again, and existing ones become healthy."""
        self.orders.pop((namespace, component), None)

    # --- a hub's public address ---------------------------------------------------------------------------------------
    def front(self, namespace: str, url: str) -> str:
        """Answer at the port of this http://127.0.0.1:PORT/… or http://localhost:PORT/… as the hub's proxy would;
        return http://127.0.0.1:PORT."""
        where, kubelet = urlsplit(url), self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                revision = kubelet.running.get(namespace, "")
                path = f"{where.path or '/'}hub/health"
                self.send_response(200 if revision and self.path == path else 503)
                if revision:
                    self.send_header("X-Hub-Revision", revision)
                self.send_header("Content-Length", "0")
                self.end_headers()

        server = ThreadingHTTPServer(("127.0.0.1", where.port or 80), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.fronts[namespace] = server
        return f"http://127.0.0.1:{server.server_port}"

    # --- the loop -----------------------------------------------------------------------------------------------------
    def _loop(self) -> None:
        while not self._stopping.wait(0.05):
            try:
                self.work()
            except Exception as error:  # a test may have stopped the API server
                self.errors.append(repr(error))

    def work(self) -> None:
        """Work on all pods once."""
        selector = f"labelSelector={LABEL_HUB}"
        pods = self.kube.call("GET", f"/api/v1/pods?{selector}")["items"]
        running: dict[str, str] = {}
        for pod in pods:
            namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
            path = f"/api/v1/namespaces/{namespace}/pods/{name}"
            if "deletionTimestamp" in pod["metadata"]:
                self._try("DELETE", f"{path}?gracePeriodSeconds=0")
                continue
            component = pod["metadata"]["labels"].get("component", "")
            status = self.orders.get((namespace, component), _happy)(pod)
            if component == "hub" and status.get("phase") == "Running" and _ready(status):
                running[namespace] = _revision(pod)
            if _differs(pod.get("status", {}), status):
                self._try("PATCH", f"{path}/status", {"status": status}, MERGE)
        self.running = running
        for claim in self.kube.call("GET", f"/api/v1/persistentvolumeclaims?{selector}")["items"]:
            if claim.get("status", {}).get("phase") != "Bound":
                meta = claim["metadata"]
                path = f"/api/v1/namespaces/{meta['namespace']}/persistentvolumeclaims/{meta['name']}/status"
                self._try("PATCH", path, {"status": {"phase": "Bound"}}, MERGE)

    def _try(self, *call: Any) -> None:
        """Make a call that may be too late: a pod that is gone needs nothing."""
        try:
            self.kube.call(*call)
        except OSError as error:
            self.errors.append(repr(error))


def _happy(pod: dict[str, Any]) -> dict[str, Any]:
    return _status(pod, True, {"running": {"startedAt": NOW}})


def _revision(pod: dict[str, Any]) -> str:
    for container in pod["spec"]["containers"]:
        for variable in container.get("env", []):
            if variable["name"] == "HUBPORTAL_REVISION":
                return str(variable.get("value", ""))
    return ""


def _ready(status: dict[str, Any]) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))


def _differs(has: dict[str, Any], wanted: dict[str, Any]) -> bool:
    def telling(status: dict[str, Any]) -> Any:
        conditions = sorted((c["type"], c["status"]) for c in status.get("conditions") or [])
        states = [
            (s["name"], s.get("ready"), list((s.get("state") or {}).items()))
            for s in status.get("containerStatuses") or []
        ]
        return status.get("phase"), conditions, repr(states)

    return bool(telling(has) != telling(wanted))


def _status(
    pod: dict[str, Any],
    ready: bool,
    state: dict[str, Any],
    last: dict[str, Any] | None = None,
    restarts: int = 0,
    phase: str = "Running",
) -> dict[str, Any]:
    word = "True" if ready else "False"
    conditions = [
        {"type": kind, "status": "True" if kind in ("PodScheduled", "Initialized") else word, "lastTransitionTime": NOW}
        for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    ]
    containers = [
        {"name": c["name"], "image": c["image"], "imageID": "", "ready": ready, "restartCount": restarts,
         "started": ready, "state": state, "lastState": last or {}}
        for c in pod["spec"]["containers"]
    ]  # fmt: skip
    return {
        "phase": phase,
        "startTime": NOW,
        "conditions": conditions,
        "containerStatuses": containers,
    }
