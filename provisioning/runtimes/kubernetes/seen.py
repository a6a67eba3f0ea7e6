"""Convert the objects of a cluster to one `Seen` per part, which `decide` compares."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hubs.language import _, plural
from hubs.text.sentences import paragraph
from provisioning.contract import FILES, HUB, PROXY, Part, Seen, digest
from provisioning.names import DIGEST
from provisioning.runtimes.kubernetes import compare, trouble
from provisioning.runtimes.kubernetes.kinds import KEPT
from provisioning.runtimes.kubernetes.volumes import as_it_can_be
from provisioning.runtimes.kubernetes.world import SERVERS, Live, World, annotation, metadata
from provisioning.sentences import noun, with_output

EDITED = "edited"  # instead of an object's digest: it was changed manually
TAKES_ITS_TIME = 60.0  # seconds until the message shows why a namespace is still being removed
COMPONENTS = {PROXY: "proxy", HUB: "hub"}  # parts that are a Deployment of the same name


@dataclass(frozen=True)
class Questions:
    """Queries to the API server that are made only if something is not running."""

    events: Callable[[], Iterable[Live]]
    last_words: Callable[[str], str]  # of a component's previous container


def parts(world: World, wanted: tuple[Part, ...], ask: Questions) -> dict[str, Seen]:
    """Return every part that has an object or a pod, in the order in which parts are applied."""
    if world.home is None:
        return {}
    by_name = {part.name: part for part in wanted}
    there = world.parts()
    if _leftover(world) and HUB not in there:
        there.append(HUB)
    order = [FILES, PROXY, HUB]
    there.sort(key=lambda name: order.index(name) if name in order else len(order))
    return {name: _part(world, name, by_name.get(name), ask) for name in there}


def _leftover(world: World) -> bool:
    """Return whether pods of the hub remain: people's servers outlive a hub's pod, but are removed with the hub."""
    return bool(world.component(SERVERS)) or bool(world.component("hub"))


def _part(world: World, name: str, wanted: Part | None, ask: Questions) -> Seen:
    if world.home and world.ending:
        return _ending(world.home)
    digests = world.digests(name)
    if name == HUB and not digests:
        return _stopping(world)
    said = ""
    if wanted:
        digests = {key: known for key, known in digests.items() if key in wanted.payload or not _kept(key)}
        said = _by_hand(world, wanted, digests)
    known = digest(digests)
    if said:
        return Seen(known, False, "Drifted", said)
    component = COMPONENTS.get(name)
    if component is None:
        return Seen(known, True)
    return _deployment(world, component, known, ask)


def _ending(home: Live) -> Seen:
    late = trouble.since(metadata(home)["deletionTimestamp"]) > TAKES_ITS_TIME
    why = trouble.of_namespace(home) if late else ""
    said = _("The cluster is removing everything that belongs to the hub.")
    if why:
        said = _("The cluster is removing everything that belongs to the hub. It is waiting for: {why}", why=why)
    return Seen("", False, "NamespaceEnding", said, ending=True)


def _stopping(world: World) -> Seen:
    """Return the state of a hub without objects that still has pods."""
    pods = world.component(SERVERS) + world.component("hub")
    ending = all("deletionTimestamp" in metadata(pod) for pod in pods)
    count = len(world.component(SERVERS))
    said = _("The hub is still stopping.")
    if count:
        said = plural(
            "{count} server and the hub are still stopping.", "{count} servers and the hub are still stopping.", count
        )
    return Seen("", False, "Stopping", said, ending=ending)


def _kept(key: str) -> bool:
    """Return whether an object is kept if it is no longer in the manifests, so that it is no difference either."""
    return key.partition("/")[0] in KEPT


def _by_hand(world: World, wanted: Part, digests: dict[str, str]) -> str:
    """Return the manual changes, if the last manifests sent are the wanted ones. Mark changed objects in `digests`."""
    said = []
    for key, manifest in wanted.payload.items():
        kind, _slash, name = key.partition("/")
        live = world.objects.get((kind, name))
        if live is None:
            said.append(_("{part} was missing", part=f"{kind} {name}"))
        elif annotation(live, DIGEST) != digest(manifest):
            return ""  # a change that is being applied, not a manual one
        elif found := list(compare.differences(as_it_can_be(manifest, live), live)):
            digests[key] = EDITED
            said.append(compare.sentence(kind, name, found, live))
    return paragraph(said, "; ")


def _deployment(world: World, component: str, known: str, ask: Questions) -> Seen:
    deployment = world.objects.get(("Deployment", component))
    if deployment is None:
        return Seen(known, False, "Missing", _("The {part} is missing.", part=noun(component)))
    if rolled_out(deployment):
        return Seen(known, True)
    pods = world.component(component)
    found = trouble.explain(component, deployment, pods)
    if found.reason == "Starting":
        found = trouble.explain(component, deployment, pods, ask.events())
    message = found.message
    if found.crashed and (words := ask.last_words(component)):
        message = with_output(message, words)
    return Seen(known, False, found.reason, message, failed=found.failed)


def rolled_out(deployment: Mapping[str, Any]) -> bool:
    """Return whether only the newest version is running."""
    status, meta = deployment.get("status", {}), deployment["metadata"]
    replicas = deployment.get("spec", {}).get("replicas", 1)
    return bool(
        status.get("observedGeneration", 0) >= meta.get("generation", 1)
        and status.get("updatedReplicas", 0) == replicas
        and status.get("availableReplicas", 0) == replicas
        and status.get("replicas", 0) == replicas
    )
