"""What a page asks of the place where a hub lives, while somebody waits. hubs imports no provisioning: the module that
answers is a setting, HUB_OPERATIONS. Every function raises errors.Unavailable when nobody answers, and Conflict or
Invalid when the answer is no; each within settings.API_SECONDS a call. Unavailable, too, when an organisation or a
cluster has as many questions open as it may have (hubs/live/bulkhead.py)."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Protocol, cast

from django.conf import settings

from hubs.clusters.rules import Applied, Finding, Planned
from hubs.live import bulkhead
from hubs.models import ChangeRequest, Cluster, Hub
from hubs.outbound import within

SECONDS = 30.0  # for all the calls of one question: a plan has some thirty


class Answers(Protocol):
    """What the module HUB_OPERATIONS has: the same questions, answered."""

    def logs(self, hub: Hub, part: str, lines: int) -> str: ...
    def start_server(self, hub: Hub, user: str, server: str) -> None: ...
    def stop_server(self, hub: Hub, user: str, server: str) -> None: ...
    def stop_servers(self, hub: Hub, servers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]: ...
    def plan(self, request: ChangeRequest) -> tuple[Planned, ...]: ...
    def objects(self, hub: Hub) -> tuple[Applied, ...]: ...
    def manifests(self, hub: Hub) -> str: ...
    def check(self, cluster: Cluster) -> Sequence[Finding]: ...
    def read_kubeconfig(self, text: str) -> str: ...


def _answerer() -> Answers:
    return cast(Answers, import_module(settings.HUB_OPERATIONS))  # tests/test_hub_inside.py has it checked


@contextmanager
def _question(organization: int | None, cluster: int) -> Iterator[None]:
    with bulkhead.question(organization=organization, cluster=cluster), within(SECONDS):
        yield


def _asking(hub: Hub) -> AbstractContextManager[None]:
    return _question(hub.organization_id, hub.cluster_id)


def logs(hub: Hub, part: str, lines: int = 200) -> str:
    """The last lines of the hub's "hub" or "proxy", without secrets; "" when it does not run."""
    with _asking(hub):
        return _answerer().logs(hub, part, lines)


def start_server(hub: Hub, user: str, server: str = "") -> None:
    """Start one person's server, and return while it starts. Raises Conflict when it runs already or the hub does not
    know them, Invalid when the hub refuses."""
    with _asking(hub):
        _answerer().start_server(hub, user, server)


def stop_server(hub: Hub, user: str, server: str = "") -> None:
    """Stop one person's server. Raises Conflict when it does not run."""
    with _asking(hub):
        _answerer().stop_server(hub, user, server)


def stop_servers(hub: Hub, servers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Stop these (user, server name), many at a time, for at most twenty seconds; those that do not run any more.
    Raises as stop_server does when not one could be stopped."""
    with _asking(hub):
        return _answerer().stop_servers(hub, servers)


def plan(request: ChangeRequest) -> tuple[Planned, ...]:
    """What approving would do to each object; empty on one machine."""
    cluster = request.hub.cluster_id if request.hub else request.organization.cluster_id
    with _question(request.organization_id, cluster):
        return _answerer().plan(request)


def objects(hub: Hub) -> tuple[Applied, ...]:
    """The objects that were applied last, secrets masked."""
    with _asking(hub):
        return _answerer().objects(hub)


def manifests(hub: Hub) -> str:
    """The hub as Kubernetes objects for a cluster without the portal: YAML, without secrets."""
    return _answerer().manifests(hub)


def check(cluster: Cluster) -> Sequence[Finding]:
    """Ask the cluster all that the portal will need; one of the findings has `addresses`. Never raises for what is
    wrong with the cluster: that is a finding."""
    with _question(None, cluster.pk):
        return _answerer().check(cluster)


def read_kubeconfig(text: str) -> str:
    """The same kubeconfig with nothing in it but what the portal needs, as JSON. Raises Invalid with a sentence when it
    can’t or must not be used (an exec plugin would run code)."""
    return _answerer().read_kubeconfig(text)
