"""Operations of pages on a hub's cluster (interface: hubs/clusters/queries.py). They take rows and return the runtime's
result, or raise the pages' errors. A user is waiting, so nothing is retried."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import replace
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.utils import timezone

from hubs.clusters.rules import Applied, Finding, Planned
from hubs.errors import Conflict, Invalid, Unavailable
from hubs.models import ChangeRequest, Cluster, Hub, HubRevision, HubSecret
from provisioning import prepare
from provisioning.contract import Operations, Release, Target
from provisioning.errors import Missing, Refused, RuntimeFault, Transient
from provisioning.render import ClusterFacts, Images, elsewhere
from provisioning.render.local import Wanted
from provisioning.runtimes import for_cluster, kind_of
from provisioning.runtimes.jupyterhub import RUNS
from provisioning.runtimes.kubernetes import kubeconfig
from provisioning.runtimes.kubernetes.rows import agreed_with
from provisioning.runtimes.words import without_polling

READ = 4  # times as many lines of a log as are shown, because routine ones are left out
STOPPERS, STOP_SECONDS = 16, 20.0  # concurrent stops, and the time limit


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except Transient as fault:
        raise Unavailable(fault.message) from fault
    except Missing as fault:
        raise Conflict(fault.message) from fault
    except Refused as fault:
        raise Invalid(fault.message) from fault


def _place(cluster: Cluster) -> Operations:
    return cast(Operations, for_cluster(cluster))


def _target(hub: Hub) -> Target:
    """Return the hub's target without reserving anything."""
    return kind_of(hub.cluster).target(hub, take=False)


def logs(hub: Hub, part: str, lines: int) -> str:
    with _in_words():
        said = _place(hub.cluster).logs(_target(hub), part, lines * READ)
    return "\n".join(without_polling(said.splitlines())[-lines:])


def start_server(hub: Hub, user: str, server: str) -> None:
    with _in_words():
        try:
            _place(hub.cluster).start_server(_target(hub), user, server)
        except Refused as fault:
            if fault.reason != RUNS:
                raise
            raise Conflict(fault.message) from fault


def stop_server(hub: Hub, user: str, server: str) -> None:
    with _in_words():
        _place(hub.cluster).stop_server(_target(hub), user, server)


def stop_servers(hub: Hub, servers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    with _in_words():
        place, target = _place(hub.cluster), _target(hub)

        def stop(one: tuple[str, str]) -> RuntimeFault | None:
            try:
                place.stop_server(target, *one)
            except Missing:
                return None  # the desired result
            except RuntimeFault as fault:
                return fault
            return None

        # The first one alone, so that a cluster that does not respond causes only one timeout.
        if fault := stop(servers[0]):
            raise fault
        with ThreadPoolExecutor(STOPPERS) as pool:
            asked = {pool.submit(copy_context().run, stop, one): one for one in servers[1:]}
            done, late = wait(asked, timeout=STOP_SECONDS)
            for future in late:
                future.cancel()
        return [servers[0], *(asked[future] for future in asked if future in done and future.result() is None)]


def _as_approved(request: ChangeRequest) -> Hub:
    """Return the unsaved hub as it would be after approval. A new hub gets a temporary uid that is never shown."""
    if request.hub:
        hub = Hub.objects.select_related("organization", "cluster", "revision").get(pk=request.hub.pk)
    else:
        place = request.organization
        hub = Hub(organization=place, cluster=place.cluster, slug=request.slug, title=request.title)
    if request.kind == ChangeRequest.Kind.RETIRE:
        hub.desired_state = Hub.Desired.RETIRED
        days = request.draft.get("keep_days")
        hub.keep_files_until = timezone.now() + timedelta(days=days) if days else None
    else:
        hub.revision = HubRevision(hub=hub, data=request.spec_data)
    return hub


def _proposed(hub: Hub) -> Release:
    """Return the desired state, reserving and writing nothing. Missing keys are invented; none is shown."""
    if hub.is_retired:
        return prepare.release(hub)  # reserves nothing either
    keys = dict.fromkeys(HubSecret.MADE, "0" * 64)
    if hub.pk:
        keys |= dict(hub.secrets.values_list("name", "value"))
    wanted: Wanted = "suspended" if hub.desired_state == Hub.Desired.SUSPENDED else "running"
    return kind_of(hub.cluster).render(hub, _target(hub), keys, prepare.portal_sign_in(hub), wanted)


def plan(request: ChangeRequest) -> tuple[Planned, ...]:
    cluster = request.place
    if not cluster.can.dry_run:
        return ()
    hub = _as_approved(request)
    with _in_words():
        planned = _place(cluster).plan(_proposed(hub))
    return planned if hub.pk else tuple(replace(one, name=one.name.replace(hub.uid, "…")) for one in planned)


def objects(hub: Hub) -> tuple[Applied, ...]:
    with _in_words():
        return _place(hub.cluster).objects(_target(hub))


def manifests(hub: Hub) -> str:
    """Return YAML for a cluster without the portal, without settings of its cluster (storage class, pools)."""
    facts = ClusterFacts(
        images=Images(settings.HUB_IMAGE, settings.PROXY_IMAGE), routing="ingress", tls="wildcard",
        portal_namespace="", portal_account="",
    )  # fmt: skip
    with _in_words():
        agreed = agreed_with(hub.organization)
        found = elsewhere.manifests(hub.slug, hub.spec, hub.secret_paths, facts, agreed, hub.extra_config)
    return elsewhere.manifests_yaml(hub.title, found)


def check(cluster: Cluster) -> Sequence[Finding]:
    with _in_words():
        return kind_of(cluster).check(cluster, settings)


def read_kubeconfig(text: str) -> str:
    with _in_words():
        return json.dumps(kubeconfig.read(text))
