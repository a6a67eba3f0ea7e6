"""The places that a pod of a hub can connect to, tested from inside that pod; and listeners."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.cluster.conftest import IMAGES
from tests.cluster.kube import Kube
from tests.cluster.people import Working
from tests.stack.portal import until

Place = tuple[str, int]
# For any pod with Python: which of these places answer? TCP: a connection; UDP: the same bytes come back.
PROBE = """
import concurrent.futures, json, socket, sys
def answers(place):
    host, port, kind = place
    try:
        if kind == "tcp":
            socket.create_connection((host, port), 1.5).close()
            return True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(1.5)
            asking.sendto(b"out", (host, port))
            return asking.recv(64) == b"out"
    except OSError:
        return False
places = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    print(json.dumps(list(pool.map(answers, places))))
"""
NAMES = """
import json, socket, sys
def known(name):
    try:
        return bool(socket.getaddrinfo(name, 80))
    except OSError:
        return False
print(json.dumps([known(name) for name in json.loads(sys.argv[1])]))
"""


def listener(namespace: str, name: str, **security: Any) -> dict[str, Any]:
    """Return a pod that meets PodSecurity "restricted", unless `security` changes it."""
    safe = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
            "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip
    container = {
        "name": "main", "image": IMAGES["singleuser"], "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-m", "http.server", "8000"], "securityContext": {**safe, **security},
        "resources": {"limits": {"memory": "128Mi"}},
        "readinessProbe": {"tcpSocket": {"port": 8000}, "periodSeconds": 1},
    }  # fmt: skip
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
        "spec": {"automountServiceAccountToken": False, "containers": [container], "terminationGracePeriodSeconds": 0},
    }  # fmt: skip


def pod_ip(kube: Kube, path: str) -> str:
    status = kube.get(path)["status"]
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or [])
    return str(status["podIP"]) if ready else ""


@contextmanager
def listening(kube: Kube, namespace: str, name: str) -> Iterator[Place]:
    """A pod that answers at port 8000, in any namespace."""
    path = f"namespaces/{namespace}/pods/{name}"
    kube.delete(path)
    until(lambda: not kube.there(path), "an old one is gone")
    kube.apply(path, listener(namespace, name))
    try:
        yield until(lambda: pod_ip(kube, path), f"{name} listens in {namespace}", 60), 8000
    finally:
        kube.delete(path)


def address_of(kube: Kube, namespace: str, component: str, port: int) -> Place:
    return kube.pods(namespace, component)[0]["status"]["podIP"], port


def _ask(kube: Kube, namespace: str, component: str, program: str, about: Any) -> list[bool]:
    pod = kube.pods(namespace, component)[0]["metadata"]["name"]
    answers: list[bool] = json.loads(kube.run(namespace, pod, "python3", "-c", program, json.dumps(about)))
    return answers


def reaches(kube: Kube, namespace: str, component: str, *places: Place, kind: str = "tcp") -> dict[Place, bool]:
    """Return which of these places answer a pod of this component."""
    said = _ask(kube, namespace, component, PROBE, [(*place, kind) for place in places])
    return dict(zip(places, said, strict=True))


def resolves(kube: Kube, namespace: str, component: str, *names: str) -> dict[str, bool]:
    return dict(zip(names, _ask(kube, namespace, component, NAMES, names), strict=True))


def never_reaches(
    kube: Kube, side: Working, places: list[Place], component: str = "singleuser-server", kind: str = "tcp"
) -> None:
    """Check that none answers. A cluster may enforce a policy for a new pod a moment later; from then on it has to
    hold."""
    found: dict[Place, bool] = {}

    def closed() -> bool:
        found.update(reaches(kube, side.namespace, component, *places, kind=kind))
        return not any(found.values())

    until(closed, f"{component} of {side.hub} reaches none of {places}", 20)
    assert not any(reaches(kube, side.namespace, component, *places, kind=kind).values())
