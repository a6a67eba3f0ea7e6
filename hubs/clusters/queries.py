"""Interactive calls to the cluster of a hub. hubs does not import provisioning: the implementing module is a setting,
HUB_OPERATIONS. Every function raises errors.Unavailable if the cluster does not respond, and Conflict or Invalid if it
refuses; each call takes at most settings.API_SECONDS. Unavailable is also raised when an organisation or a cluster has
reached its limit of concurrent calls (hubs/live/bulkhead.py)."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Protocol, cast

from django.conf import settings

from hubs.clusters.rules import Applied, Finding, Planned
from hubs.live import bulkhead
from hubs.models import ChangeRequest, Cluster, Hub
from hubs.outbound import within

SECONDS = 30.0  # for all calls of one function: a plan makes about thirty


class Answers(Protocol):
    """The interface of the module HUB_OPERATIONS."""

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
    return cast(Answers, import_module(settings.HUB_OPERATIONS))  # checked by tests/test_hub_inside.py


@contextmanager
def _question(organization: int | None, cluster: int) -> Iterator[None]:
    with bulkhead.question(organization=organization, cluster=cluster), within(SECONDS):
        yield


def _asking(hub: Hub) -> AbstractContextManager[None]:
    return _question(hub.organization_id, hub.cluster_id)


def logs(hub: Hub, part: str, lines: int = 200) -> str:
    """Return the last log lines of the hub's "hub" or "proxy", without secrets; "" if it does not run."""
    with _asking(hub):
        return _answerer().logs(hub, part, lines)


def start_server(hub: Hub, user: str, server: str = "") -> None:
    """Start one person's server, and return while it starts. Raise Conflict if it runs already or the hub does not know
    the person, Invalid if the hub refuses."""
    with _asking(hub):
        _answerer().start_server(hub, user, server)


def stop_server(hub: Hub, user: str, server: str = "") -> None:
    """Stop one person's server. Raise Conflict if it does not run."""
    with _asking(hub):
        _answerer().stop_server(hub, user, server)


def stop_servers(hub: Hub, servers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Stop these servers, pairs of (user, server name), concurrently, within twenty seconds. Return those that no
    longer run. Raise as stop_server does if none could be stopped."""
    with _asking(hub):
        return _answerer().stop_servers(hub, servers)


def plan(request: ChangeRequest) -> tuple[Planned, ...]:
    """Return what approving would do to each object; empty for the local runtime."""
    cluster = request.hub.cluster_id if request.hub else request.organization.cluster_id
    with _question(request.organization_id, cluster):
        return _answerer().plan(request)


def objects(hub: Hub) -> tuple[Applied, ...]:
    """Return the objects that were applied last, with secrets masked."""
    with _asking(hub):
        return _answerer().objects(hub)


def manifests(hub: Hub) -> str:
    """Return the hub as Kubernetes objects for a cluster without the portal, as YAML without secrets."""
    return _answerer().manifests(hub)


def check(cluster: Cluster) -> Sequence[Finding]:
    """Check everything that the portal needs of the cluster; one of the findings has `addresses`. Problems of the
    cluster are findings and never raise."""
    with _question(None, cluster.pk):
        return _answerer().check(cluster)


def read_kubeconfig(text: str) -> str:
    """Return the kubeconfig reduced to what the portal needs, as JSON. Raise Invalid with a sentence if it can't or
    must not be used (an exec plugin would run code)."""
    return _answerer().read_kubeconfig(text)
