"""Hubs in the tests' cluster: the runtime as the contract suite needs it, and rows as reconcile uses them.

The portal always uses its own ServiceAccount (deploy/kubernetes); the kubelet and edits by hand are made by admins.
"""

import contextlib
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.error import HTTPError

import httpcore
from django.utils import timezone

from hubs.models import Hub
from hubs.outbound import ERRORS, Deadline, Wire, loopback
from hubs.spec import HubSpec
from provisioning.contract import Release, Target, digest
from provisioning.names import namespace
from provisioning.probed import environment, script
from provisioning.reconcile import reconcile
from provisioning.render import Agreed, ClusterFacts, Images, PortalSignIn, render_kubernetes
from provisioning.render.kubernetes.image_probe import render_probe
from provisioning.runtimes.kubernetes import KubernetesRuntime, refusals
from provisioning.runtimes.kubernetes.client import MOST_BYTES, Api, connect
from provisioning.runtimes.kubernetes.kinds import KINDS
from tests.runtimes.worlds import Place, until

from .kubelet import Kubelet
from .server import KubeServer

FACTS = ClusterFacts(Images("example.org/hub:1", "example.org/proxy:1"))  # never pulled: no pod runs
AGREED = Agreed("river", 50, 2048, 2.0, 10240, 200 * 1024)
MERGE = "application/merge-patch+json"
DONE = ("ready", "suspended", "retired")


# --- the contract suite -----------------------------------------------------------------------------------------------
def render(target: Target, spec: HubSpec, secrets: Mapping[str, str], sign_in: PortalSignIn, wanted: Any) -> Release:
    return render_kubernetes(target, spec, secrets, sign_in, wanted, FACTS, AGREED)


def home(hub: Target | Hub) -> str:
    return namespace(hub.slug, hub.uid)


def crashes(kube: KubeServer, kubelet: Kubelet, where: str, component: str) -> None:
    """Make the container end again and again, and wait until the cluster reports it."""
    kubelet.crash_now(where, component)
    path = f"/api/v1/namespaces/{where}/pods?labelSelector=component={component}"

    def told() -> bool:
        return any("CrashLoopBackOff" in str(pod.get("status")) for pod in kube.call("GET", path)["items"])

    until(told, 10, "the pod crashes")
    status = f"/apis/apps/v1/namespaces/{where}/deployments/{component}"
    until(lambda: not kube.call("GET", status)["status"].get("availableReplicas"), 10, "the Deployment knows")


def kubernetes_place(kube: KubeServer, kubelet: Kubelet, kubeconfig: str) -> Place:
    return Place(
        "kubernetes",
        lambda: KubernetesRuntime(FrontedApi(connect(kubeconfig, 5.0).configuration, 5.0)),
        lambda target, name: crashes(kube, kubelet, home(target), name),
        render=render,
        probed=lambda uid, image: render_probe(uid, image, FACTS, script(), environment()),
        ready=lambda target: FrontedApi.fronts.update({home(target): kubelet.front(home(target), target.url)}),
    )


# --- reconcile --------------------------------------------------------------------------------------------------------
PROXIED = re.compile(r"/namespaces/([^/]+)/services/proxy-public:80/proxy(/.*)")


class FrontedApi(Api):
    """No pod runs here, so the API server's service proxy finds no endpoints (503): then a server on this machine
    answers, as the hub behind it would."""

    fronts: ClassVar[dict[str, str]] = {}  # namespace -> http://127.0.0.1:PORT
    front: ClassVar[str] = ""  # for all others, with the namespace as the first folder; the fixture `front` sets it

    @contextlib.contextmanager
    def _open(
        self, method: str, path: str, query: Mapping[str, Any], body: Any, headers: dict[str, str], seconds: float,
        most_bytes: int = MOST_BYTES,
    ) -> Iterator[httpcore.Response]:  # fmt: skip
        asked = (path, query, body, headers, seconds, most_bytes)
        with super()._open(method, *asked) as answer:
            found = PROXIED.search(path) if answer.status == 503 else None
            if found is None:
                yield answer
                return
            answer.read()
        base = self.fronts.get(found[1]) or f"{self.front}/{found[1]}"
        sent = {name: value for name, value in headers.items() if name != "Authorization"}
        url, until = base + found[2], Deadline(seconds)
        try:
            with (
                Wire(loopback) as wire,
                wire.open(method, url, until, headers=sent, most_bytes=most_bytes) as answer,
            ):
                yield answer
        except ERRORS as error:
            raise refusals.unreachable() from error


class Fronted(KubernetesRuntime):
    """The runtime with hubs that answer."""

    @classmethod
    def for_cluster(cls, cluster: Any, settings: Any) -> Self:
        made = super().for_cluster(cluster, settings)
        made.api = FrontedApi(made.api.configuration, settings.API_SECONDS)
        return made


class Front:
    """Plays the ingress controller and the hubs behind it: http://127.0.0.1:PORT/NAMESPACE/hub/health."""

    def __init__(self, kubelet: Kubelet) -> None:
        self.says: dict[str, str] = {}  # namespace -> what the hub answers, regardless of its pods
        front = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def do_POST(self) -> None:
                """Only Tom has a server there."""
                self.send_response(204 if "/hub/api/users/tom/server" in self.path else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_DELETE = do_POST

            def do_GET(self) -> None:
                where, _, path = self.path[1:].partition("/")
                if path == "hub/api/users/tom":
                    body = b'{"name": "tom", "servers": {"": {"ready": true}}}'
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                    return
                says = front.says.get(where) or kubelet.running.get(where, "")
                revision = says if path == "hub/health" else ""
                self.send_response(200 if revision else 503)
                if revision:
                    self.send_header("X-Hub-Revision", revision)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def once(hub: Hub) -> Hub:
    """Make one pass now, as a worker does."""
    Hub.objects.filter(pk=hub.pk, reconcile_after__isnull=False).update(reconcile_after=timezone.now())
    reconcile(hub.pk)
    hub.refresh_from_db()
    return hub


def settle(hub: Hub, seconds: float = 120) -> Hub:
    """Reconcile until the hub is in its desired state."""

    def settled() -> bool:
        once(hub)
        return hub.settled and hub.status in DONE

    until(settled, seconds, lambda: f"the hub settles: {hub.status} {hub.conditions}")
    return hub


def condition(hub: Hub, kind: str) -> dict[str, str]:
    return next((c for c in hub.conditions if c["type"] == kind), {})


class Outside:
    """A person with kubectl and all rights, who works in a hub's namespace beside the portal."""

    def __init__(self, kube: KubeServer) -> None:
        self.kube = kube

    def get(self, hub: Hub, kind: str, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.kube.call("GET", KINDS[kind].path(home(hub), name))
        except HTTPError as error:
            if error.code == 404:
                return None
            raise
        return found

    def edit(self, hub: Hub, kind: str, name: str, patch: dict[str, Any], manager: str = "kubectl-edit") -> None:
        path = f"{KINDS[kind].path(home(hub), name)}?fieldManager={manager}"
        self.kube.call("PATCH", path, patch, MERGE)

    def remove(self, hub: Hub, kind: str, name: str) -> None:
        self.kube.call("DELETE", KINDS[kind].path(home(hub), name))

    def make(self, hub: Hub, manifest: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = self.kube.call("POST", KINDS[manifest["kind"]].path(home(hub)), manifest)
        return made

    def all(self, hub: Hub, kinds: Iterable[str] = ()) -> dict[tuple[str, str], dict[str, Any]]:
        """Return every object of ours in the hub's namespace, and the namespace."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for kind in (KINDS[name] for name in kinds or KINDS):
            if kind.name == "Namespace":
                items = [self.get(hub, "Namespace", home(hub))]
            elif kind.optional:
                continue
            else:
                query = f"?labelSelector=hubportal/hub={hub.uid}"
                items = self.kube.call("GET", kind.path(home(hub)) + query)["items"]
            found |= {(kind.name, live["metadata"]["name"]): live for live in items if live}
        return found

    def versions(self, hub: Hub) -> dict[tuple[str, str], str]:
        """Return what a write changes and a controller's work on the status doesn't: owner and time of the spec."""
        return {
            key: next((e["time"] for e in live["metadata"]["managedFields"] if e["manager"] == "hubportal"), "")
            + str(live["metadata"].get("generation", live["metadata"]["uid"]))
            + digest(live.get("data"))  # it may be written twice in one second
            for key, live in self.all(hub).items()
            if key[0] != "Pod"
        }

    def gone(self, hub: Hub) -> bool:
        return self.get(hub, "Namespace", home(hub)) is None
