"""The Kubernetes runtime: observes a hub's namespace, and applies one part at a time by server-side apply."""

import logging
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from hubs.language import _, lazy
from hubs.spec.capabilities import Capabilities
from provisioning.contract import (
    FILES,
    HUB,
    Applied,
    Finding,
    Observed,
    Part,
    Planned,
    Probe,
    Probed,
    Release,
    Target,
    digest,
)
from provisioning.errors import Missing, Refused, Transient
from provisioning.names import DIGEST
from provisioning.render.kubernetes.image_probe import target_of
from provisioning.runtimes.kubernetes import check, compare, hub_api, image_probe, inside, plan, rows, seen
from provisioning.runtimes.kubernetes.client import Api, connect
from provisioning.runtimes.kubernetes.fleet import Fleet
from provisioning.runtimes.kubernetes.kinds import KINDS, NAMESPACE, POD, REPLACEABLE, Kind
from provisioning.runtimes.kubernetes.volumes import as_it_can_be, grow_homes
from provisioning.runtimes.kubernetes.watch import ClusterWatch
from provisioning.runtimes.kubernetes.world import SERVERS, Live, World, fingerprint, look, metadata
from provisioning.sentences import foreign_namespace

log = logging.getLogger(__name__)
GRANTS = 10  # times 0.1 s: how long new permissions or quotas may take to become effective in the API server


class KubernetesRuntime:
    """See provisioning.contract.Runtime, Operations and Probes. Its only state is the last observation, so that
    applying the parts of one decision does not read the namespace again for each."""

    capabilities: ClassVar = Capabilities(
        label=lazy("a Kubernetes cluster"), credentials=True, checked=True, watched=True, images=True,
        enforces_limits=True, volumes=True, pods=True, profiles=True, node_pools=True, network_policies=True,
        isolates_people=True, follows_user_limits=True, registries=True, custom_domains=True, code=True,
        objects=True, dry_run=True, logs=True,
    )  # fmt: skip
    refused_again: ClassVar[float | None] = 600.0  # an admin may allow it without the portal noticing
    probe_of = staticmethod(rows.probe_of)
    render = staticmethod(rows.render)

    def __init__(self, api: Api, *, quiet: float = 1800.0, soon: float = 1.0) -> None:
        self.api = api
        self.quiet, self.soon = quiet, soon
        self._last: dict[str, World] = {}

    @classmethod
    def for_cluster(cls, cluster: Any, settings: Any) -> Self:
        return cls(connect(cluster.kubeconfig, settings.API_SECONDS), quiet=settings.FULL_LOOK_SECONDS)

    @staticmethod
    def target(hub: Any, *, take: bool) -> Target:
        return rows.target(hub)

    @staticmethod
    def check(cluster: Any, settings: Any) -> list[Finding]:
        return check.check(cluster, settings.API_SECONDS, portal_url=settings.PORTAL_URL)

    def fleet(self) -> Fleet:
        found = Fleet()
        found.read(self.api)
        return found

    def watch(self, cluster: Any) -> ClusterWatch:
        return ClusterWatch(cluster, self.api)

    # --- observe ------------------------------------------------------------------------------------------------------
    def observe(self, target: Target, wanted: tuple[Part, ...] = ()) -> Observed:
        world = self._last[target.uid] = look(self.api, target)
        ask = seen.Questions(
            lambda: inside.warnings(self.api, world), lambda part: inside.last_words(self.api, world, part)
        )
        found = seen.parts(world, wanted, ask)
        says = ""
        if HUB in found and found[HUB].ready:
            says = hub_api.of(self.api, world).revision()
        servers = hub_api.servers(self.api, world) if says else None
        return Observed(found, says, servers, fingerprint(world.versions))

    def _world(self, target: Target) -> World:
        if target.uid not in self._last:
            self._last[target.uid] = look(self.api, target)
        return self._last[target.uid]

    # --- change -------------------------------------------------------------------------------------------------------
    def apply(self, target: Target, part: Part) -> None:
        world = self._world(target)
        if world.foreign:
            raise Refused(foreign_namespace(world.namespace), "NamespaceTaken")
        if part.name == HUB:
            grow_homes(self.api, world, part)  # first: once the hub is up to date, there is no further pass for it
        for manifest in part.payload.values():
            live = world.objects.get((manifest["kind"], manifest["metadata"]["name"]))
            wanted = as_it_can_be(manifest, live)
            if live is None or compare.needs_sending(manifest, wanted, live):
                self._send(world, wanted, digest(manifest), live)
        self._prune(world, part)
        self._start_again(world, part)

    def _send(self, world: World, wanted: Mapping[str, Any], known: str, live: Live | None) -> None:
        """Apply one object. Our permissions in a new namespace, and its quota, need a moment to become effective."""
        kind, meta = KINDS[wanted["kind"]], wanted["metadata"]
        body = {**wanted, "metadata": {**meta, "annotations": {**(meta.get("annotations") or {}), DIGEST: known}}}
        for attempt in range(GRANTS):
            try:
                made = self.api.apply(body)
                break
            except Transient as fault:
                passing = fault.reason == "QuotaUnknown" or (fault.reason == "NotPermitted" and self._is_new(world))
                if not passing or attempt == GRANTS - 1:
                    raise
                time.sleep(0.1)
            except Refused as fault:
                if fault.reason != "Immutable" or kind.name not in REPLACEABLE or live is None:
                    raise
                log.info("%s %s/%s is replaced: %s", kind.name, world.namespace, meta["name"], fault.message)
                self.api.delete(kind, world.namespace, meta["name"], uid=metadata(live)["uid"])
                live = None
            except Missing as fault:
                raise _not_there(kind, fault) from fault
        world.objects[kind.name, meta["name"]] = made

    def _is_new(self, world: World) -> bool:
        return world.home is None or ("RoleBinding", "hubportal") in world.objects

    def _prune(self, world: World, part: Part) -> None:
        """Remove objects that no longer belong to this part."""
        for (kind, name), live in world.surplus(part).items():
            self.api.delete(KINDS[kind], world.namespace, name, uid=metadata(live)["uid"])
            del world.objects[kind, name]

    def _start_again(self, world: World, part: Part) -> None:
        """Delete pods in CrashLoopBackOff, which would wait up to five minutes: a new one starts at once."""
        component = seen.COMPONENTS.get(part.name)
        for pod in world.component(component) if component else []:
            states = [status.get("state", {}) for status in pod.get("status", {}).get("containerStatuses") or []]
            if any((state.get("waiting") or {}).get("reason") == "CrashLoopBackOff" for state in states):
                self.api.delete(POD, world.namespace, metadata(pod)["name"], uid=metadata(pod)["uid"])

    # --- remove -------------------------------------------------------------------------------------------------------
    def drop(self, target: Target, name: str) -> None:
        world = self._world(target)
        if world.home is None or world.ending:
            return
        if name == FILES:
            self.api.delete(NAMESPACE, "", world.namespace, uid=metadata(world.home)["uid"])
            return
        objects = sorted(
            world.of_part(name).items(), key=lambda item: item[0][0] != "Deployment"
        )  # first, because it would create pods
        for (kind, object_name), live in objects:
            self.api.delete(KINDS[kind], world.namespace, object_name, uid=metadata(live)["uid"])
            del world.objects[kind, object_name]
        if name == HUB:
            for pod in world.component(SERVERS):
                inside.end_pod(self.api, world, pod)

    # --- operations for pages -----------------------------------------------------------------------------------------
    def logs(self, target: Target, name: str, lines: int) -> str:
        # A page polls every two seconds. Read only the pods, and the Secrets that the log must not show.
        return inside.logs(self.api, look(self.api, target, (POD, KINDS["Secret"])), name, lines)

    def start_server(self, target: Target, user: str, server: str) -> None:
        hub_api.of(self.api, self._world(target)).start_server(user, server)

    def stop_server(self, target: Target, user: str, server: str) -> None:
        inside.stop_server(self.api, self._world(target), user, server)

    def plan(self, release: Release) -> tuple[Planned, ...]:
        return plan.plan(self.api, self._world(release.target), release)

    def objects(self, target: Target) -> tuple[Applied, ...]:
        return plan.applied(self._world(target))

    # --- image tests --------------------------------------------------------------------------------------------------
    def probe(self, wanted: Probe) -> Probed | None:
        self._last.pop(wanted.uid, None)  # its namespace may have been removed and created again
        return image_probe.probe(self.api, wanted, lambda part: self.apply(target_of(wanted.uid), part))

    def end_probe(self, uid: str) -> None:
        image_probe.end(self.api, uid)

    def sweep_probes(self) -> int:
        return image_probe.sweep(self.api)


def _not_there(kind: Kind, fault: Missing) -> Refused | Transient:
    """Return the error for an object that can't be created."""
    if fault.reason != "UnknownKind":
        return Transient(_("The hub’s namespace was removed at the same time."), "NamespaceGone")
    said = _("The cluster does not support objects of kind {kind}.", kind=kind.name)
    if kind.optional:
        said = _(
            "The cluster does not support objects of kind {kind}. "
            "Staff can install the Gateway API there, or choose an Ingress on the cluster’s page.",
            kind=kind.name,
        )
    return Refused(said, "UnknownKind")
