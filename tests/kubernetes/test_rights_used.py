"""Each right of the portal's account is used in the life of a hub, as the API server's audit log shows.

What a hub's Role grants to the hub counts as used by granting it, because only rights that an account has can be
granted. A server-side apply of a new object is a "patch" in the log, for which the API server requires "create", too:
it answers 201.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hubs.hub.services import hubs as services
from provisioning import fleet, operations
from provisioning.names import LABEL_HUB, LABEL_PART
from provisioning.render.kubernetes.files import HUB_RULES
from provisioning.runtimes.kubernetes.check import ACCOUNT
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.kinds import FLEET, KINDS
from provisioning.runtimes.kubernetes.permissions import HUB_ROLE, PERMISSIONS
from provisioning.runtimes.kubernetes.watch import ClusterWatch
from tests.runtimes.worlds import until

from .asking import Right, expand
from .gateway_api import gateway_api
from .place import Outside, home, once, settle
from .server import KubeServer

pytestmark = [pytest.mark.kubernetes, pytest.mark.django_db(transaction=True)]
LEFTOVERS: dict[str, dict[str, Any]] = {  # of an older version (labelled as the portal's)
    "RoleBinding": {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "hub"}},
    "Role": {},
    "ServiceAccount": {},
    "ResourceQuota": {},
    "LimitRange": {},
}


class Audit:
    """Calls of the portal's account since `begin`, as (group, resource, verb) and the answer's status."""

    def __init__(self, path: Path) -> None:
        self.path, self.offset = path, path.stat().st_size

    def lines(self) -> Iterator[tuple[str, str, str, int]]:
        with self.path.open() as log:
            log.seek(self.offset)
            for line in log:
                if not line.endswith("\n"):
                    return  # still being written
                event = json.loads(line)
                about = event.get("objectRef")
                if about and event["user"]["username"] == ACCOUNT:
                    resource = "/".join(filter(None, (about["resource"], about.get("subresource"))))
                    status = event.get("responseStatus", {}).get("code", 0)
                    yield about.get("apiGroup", ""), resource, event["verb"], status

    def used(self) -> set[tuple[str, str, str]]:
        found = set()
        for group, resource, verb, status in self.lines():
            if status == 403:  # a right that was granted a moment ago and is not effective yet
                continue
            found.add((group, resource, verb))
            if verb == "patch" and status == 201:
                found.add((group, resource, "create"))
        return found

    def has(self, *right: str) -> bool:
        return right in self.used()


@pytest.fixture
def audit(kube: KubeServer) -> Audit:
    return Audit(kube.audit_log)


@pytest.fixture
def routes(kube: KubeServer) -> Iterator[None]:
    with gateway_api(kube):
        yield


def test_each_right_is_used(audit, routes, kubelet, outside, cluster, hub, ines, api):
    cluster.routing, cluster.ingress_class = "ingress", "nginx"
    cluster.save()
    operations.check(cluster)
    kubelet.never_ready(home(hub), "proxy")
    until(lambda: once(hub) and audit.has("", "events", "list"), 20, "it asks why the proxy does not start")
    kubelet.heal(home(hub), "proxy")
    settle(hub)
    watched(cluster, api, audit)
    fleet.check(cluster)
    assert operations.logs(hub, "hub", 10) == ""  # no kubelet here has one
    server(hub, outside)
    operations.stop_server(hub, "mia", "")
    operations.start_server(hub, "tom", "")
    operations.stop_server(hub, "tom", "")
    leave_behind(hub, outside)
    settle(hub)
    until(lambda: once(hub) and not left(hub, outside), 20, "what is not rendered any more is gone")

    cluster.routing, cluster.gateway, cluster.tls, cluster.tls_issuer = "gateway", "gateways/public", "issuer", "ours"
    cluster.save()
    operations.check(cluster)
    services.restart(hub=hub, by=ines)
    settle(hub)
    services.suspend(hub=hub, by=ines)
    settle(hub)
    services.retire(hub=hub, by=ines, typed=hub.slug, keep_days=0)
    settle(hub)
    assert outside.gone(hub)

    held = {(p.group, p.resource, p.verb) for p in PERMISSIONS}
    used = audit.used() | given_away(audit)
    assert held - used == set()


def given_away(audit: Audit) -> set[tuple[str, str, str]]:
    """Return rights used by granting them: a hub's Role to the hub, and ClusterRole hubportal-hub to itself."""
    assert audit.has("rbac.authorization.k8s.io", "roles", "create")
    assert audit.has("rbac.authorization.k8s.io", "rolebindings", "create")
    itself = next(p for p in PERMISSIONS if p.verb == "bind" and p.name == HUB_ROLE)
    rights: set[Right] = expand(HUB_RULES)
    return {right[:3] for right in rights} | {(itself.group, itself.resource, itself.verb)}


def watched(cluster: Any, api: Api, audit: Audit) -> None:
    watch = ClusterWatch(cluster, api)
    watch.start()
    wanted = {(kind.version.rpartition("/")[0], kind.plural, "watch") for kind in FLEET}
    try:
        until(lambda: wanted <= audit.used(), 20, "a stream a kind")
    finally:
        watch.stop()


def server(hub: Any, outside: Outside) -> None:
    """Create Mia's server, as KubeSpawner does."""
    labels = {LABEL_HUB: hub.uid, "component": "singleuser-server", "app": "jupyterhub"}
    annotations = {"hub.jupyter.org/username": "mia", "hub.jupyter.org/servername": ""}
    limits = {"cpu": "100m", "memory": "64Mi"}
    container = {
        "name": "notebook", "image": "example.org/notebook:1", "resources": {"limits": limits, "requests": limits},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }  # fmt: skip
    spec = {"containers": [container], "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}}  # fmt: skip
    metadata = {"name": "jupyter-mia", "labels": labels, "annotations": annotations}
    outside.make(hub, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


def leave_behind(hub: Any, outside: Outside) -> None:
    for kind, body in LEFTOVERS.items():
        metadata = {"name": "leftover", "labels": {LABEL_HUB: hub.uid, LABEL_PART: "files"}}
        outside.make(hub, {"apiVersion": KINDS[kind].version, "kind": kind, "metadata": metadata, **body})


def left(hub: Any, outside: Outside) -> list[str]:
    return [kind for kind in LEFTOVERS if outside.get(hub, kind, "leftover")]
