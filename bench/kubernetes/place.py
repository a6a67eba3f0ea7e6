"""A portal, a real API server with the rights of deploy/kubernetes, and the row that joins them. All ends with it."""

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
    """One cluster as the portal knows it."""

    portal: stack.Stack
    kube: Any  # tests.kubernetes.server.KubeServer: not to be imported before the portal's folder is known
    cluster: Any  # hubs.models.Cluster

    @cached_property
    def api(self) -> Any:
        """The portal's own client, with the portal's rights."""
        from provisioning.runtimes.kubernetes.client import connect

        return connect(self.cluster.kubeconfig, 30.0)

    @cached_property
    def admin(self) -> Any:
        """The same client with all rights: whoever edits by hand."""
        from provisioning.runtimes.kubernetes.client import connect

        return connect(json.dumps(self.kube.admin_kubeconfig()), 30.0)

    def end_controllers(self) -> None:
        """From now on nobody but us changes anything."""
        controllers = self.kube.running["kube-controller-manager"]
        controllers.kill()
        controllers.wait()

    @contextmanager
    def counted(self) -> Iterator["Requests"]:
        """What the portal's account asks meanwhile, of whichever process."""
        found = Requests()
        begin = self.kube.audit_log.stat().st_size
        yield found
        mark = f"/version?{uuid4().hex}"  # the log is written in order: once this is in it, all before is
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
    """(verb, resource) by audit id."""

    def __init__(self) -> None:
        self.calls: dict[str, tuple[str, str]] = {}

    def __len__(self) -> int:
        return len(self.calls)

    def __str__(self) -> str:
        verbs = Counter(verb for verb, _ in self.calls.values())
        return ", ".join(f"{count} {verb}" for verb, count in sorted(verbs.items()))


def official(at: Place, given: dict[str, Any]) -> Any:
    """The official client's DynamicClient. What it discovered stays in the portal's folder, not in everybody's /tmp."""
    from kubernetes import config, dynamic

    known = str(at.portal.var / f"discovered-{uuid4().hex}.json")
    return dynamic.DynamicClient(config.new_client_from_config_dict(given), cache_file=known)


@contextmanager
def place() -> Iterator[Place]:
    """Only Redis and the database run of the portal; more is started by whoever needs it."""
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
    """The cluster's row, and River University with more room than any round takes."""
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
    """A request for a hub that staff have to look at, approved: (its hub, seconds that approving took)."""
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
