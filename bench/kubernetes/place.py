"""A portal, a real API server with the permissions of deploy/kubernetes, and the cluster's row; all temporary."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench import stack

ACCOUNT = "system:serviceaccount:hubportal:hubportal"


@dataclass
class Place:
    """A portal and its cluster."""

    portal: stack.Stack
    kube: Any  # tests.kubernetes.server.KubeServer: imported only after the portal's folder is set
    cluster: Any  # hubs.models.Cluster

    @cached_property
    def api(self) -> Any:
        """The portal's own client, with the portal's permissions."""
        from provisioning.runtimes.kubernetes.client import connect

        return connect(self.cluster.kubeconfig, 30.0)

    @cached_property
    def admin(self) -> Any:
        """The same client with all permissions, for manual changes."""
        from provisioning.runtimes.kubernetes.client import connect

        return connect(json.dumps(self.kube.admin_kubeconfig()), 30.0)

    def end_controllers(self) -> None:
        """End the controllers, so that only the benchmark changes objects."""
        controllers = self.kube.running["kube-controller-manager"]
        controllers.kill()
        controllers.wait()

    @contextmanager
    def counted(self) -> Iterator["Requests"]:
        """Count the requests of the portal's account meanwhile, from any process."""
        found = Requests()
        begin = self.kube.audit_log.stat().st_size
        yield found
        mark = f"/version?{uuid4().hex}"  # the log is in order: once this is in it, so is everything before
        self.api.request("GET", mark)
        stack.until(lambda: mark in self._log(begin), "the audit log is written")
        for line in self._log(begin).splitlines():
            event = json.loads(line)
            done = event["stage"] == "ResponseComplete" or event["verb"] == "watch"
            if done and event["user"]["username"] == ACCOUNT and event["requestURI"] != mark:
                found.calls[event["auditID"]] = (event["verb"], event.get("objectRef", {}).get("resource", ""))

    def _log(self, begin: int) -> str:
        with open(self.kube.audit_log, "rb") as log:
            log.seek(begin)
            return log.read().rpartition(b"\n")[0].decode()


class Requests:
    """Requests: (verb, resource) by audit ID."""

    def __init__(self) -> None:
        self.calls: dict[str, tuple[str, str]] = {}

    def __len__(self) -> int:
        return len(self.calls)

    def __str__(self) -> str:
        verbs = Counter(verb for verb, _ in self.calls.values())
        return ", ".join(f"{count} {verb}" for verb, count in sorted(verbs.items()))


def official(at: Place, given: dict[str, Any]) -> Any:
    """Return the official client's DynamicClient, with its discovery cache in the portal's folder instead of /tmp."""
    from kubernetes import config, dynamic

    known = str(at.portal.var / f"discovered-{uuid4().hex}.json")
    return dynamic.DynamicClient(config.new_client_from_config_dict(given), cache_file=known)


@contextmanager
def place() -> Iterator[Place]:
    """Yield a place where only Redis and the database of the portal are running; callers start the rest."""
    with stack.portal() as portal:
        from tests.kubernetes.binaries import NoServer, find
        from tests.kubernetes.conftest import install_rights
        from tests.kubernetes.server import KubeServer

        try:
            binaries = find()
        except NoServer as error:
            sys.exit(str(error))
        kube = KubeServer(Path(portal.var) / "kubernetes", binaries)
        try:
            install_rights(kube.start())
            yield Place(portal, kube, _row(kube))
        finally:
            kube.stop()


def _row(kube: Any) -> Any:
    """Create the cluster's row, and raise the limits of River University above what any round needs."""
    from hubs import demo
    from hubs.models import Cluster, Organization

    demo.make()
    kubeconfig = json.dumps(kube.kubeconfig(kube.token_for("hubportal", "hubportal", 24 * 3600)))
    cluster = Cluster.objects.create(
        slug="bench", name="Bench", runtime="kubernetes", kubeconfig=kubeconfig, domain="hubs.invalid",
        ingress_class="nginx", tls_issuer="letsencrypt", healthy=True,
    )  # fmt: skip
    Organization.objects.filter(slug="river").update(cluster=cluster, hubs=2000, total_memory_mib=2**40)
    return cluster


def approved(number: int) -> tuple[Any, float]:
    """Approve a request that needs review. Return (its hub, seconds of the approval)."""
    from hubs.models import Hub, Organization, User
    from hubs.requests.services import decisions, requests

    ines, stan = User.objects.get(username="ines"), User.objects.get(username="stan")
    request = requests.begin(organization=Organization.objects.get(slug="river"), starting_point="class", by=ines)
    answers = {"about.title": f"Class {number}", "about.heads": "500"}
    request = requests.save(request=request, by=ines, values=answers, slug=f"class-{number}")
    request = requests.submit(request=request, by=ines)
    begin = time.perf_counter()
    request = decisions.approve(request=request, by=stan, seen=request.content_hash)
    seconds = time.perf_counter() - begin
    return Hub.objects.get(requests=request), seconds
