"""Image tests: each is a pod in its own namespace, which is created, observed and removed as a whole."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from hubs.language import _
from provisioning.contract import FILES, PROBE_SECONDS, Part, Probe, Probed
from provisioning.errors import Missing, Refused, RuntimeFault, Transient
from provisioning.names import DIGEST, LABEL_HUB, LABEL_PROBE
from provisioning.probed import MOST_BYTES, MOST_LINES
from provisioning.render.kubernetes.image_probe import COMPONENT, NAME, target_of
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.inside import EVENTS
from provisioning.runtimes.kubernetes.kinds import NAMESPACE, POD
from provisioning.runtimes.kubernetes.probe_words import verdict, with_size
from provisioning.runtimes.kubernetes.trouble import since
from provisioning.runtimes.kubernetes.world import World, annotation, label, look, metadata
from provisioning.sentences import foreign_namespace

OLD = PROBE_SECONDS + 600.0  # seconds after which a test is abandoned
POD_KEY = f"Pod/{NAME}"


def probe(api: Api, wanted: Probe, apply: Callable[[Part], None]) -> Probed | None:
    """See contract.Probes. `apply` creates everything except the pod."""
    world = look(api, target_of(wanted.uid), (POD,))
    if world.foreign:
        raise Refused(foreign_namespace(world.namespace), "NamespaceTaken")
    if world.ending:
        return None  # an earlier test
    pods = world.component(COMPONENT)
    manifest = wanted.payload[POD_KEY]
    if not pods:
        apply(
            Part(FILES, _("Create a namespace for the test"), {k: v for k, v in wanted.payload.items() if k != POD_KEY})
        )
        _create(api, world, manifest)
        return None
    if annotation(pods[0], DIGEST) != manifest["metadata"]["annotations"][DIGEST]:
        end(api, wanted.uid)  # of another image, or of another version of the portal
        return None
    found = verdict(pods[0], lambda: _output(api, world), lambda: _events(api, world))
    return with_size(found, _events(api, world)) if found else None


def _create(api: Api, world: World, manifest: Mapping[str, Any]) -> None:
    """Create the pod, which is never changed. Raise Refused with the message of a cluster policy."""
    try:
        api.request("POST", POD.path(world.namespace), body=manifest, doing=_("start a test of the image"))
    except Missing as fault:
        raise Transient(_("The test’s namespace was removed at the same time."), "NamespaceGone") from fault
    except Transient as fault:
        if fault.reason != "Conflict":  # another worker was faster
            raise


def _output(api: Api, world: World) -> str:
    query = {"tailLines": MOST_LINES, "limitBytes": MOST_BYTES}
    path = f"{POD.path(world.namespace, NAME)}/log"
    try:
        text, _headers = api.text("GET", path, query=query, most_bytes=2 * MOST_BYTES, doing=_("read the log"))
    except (Missing, Refused):  # it never started
        return ""
    return text


def _events(api: Api, world: World) -> Iterable[Mapping[str, Any]]:
    """Return events of the node and the scheduler; [] if they can't be read."""
    try:
        found = api.request("GET", EVENTS.path(world.namespace), {"limit": 200}).get("items")
    except RuntimeFault:
        return []
    return found if isinstance(found, list) else []


def end(api: Api, uid: str) -> None:
    """See contract.Probes."""
    world = look(api, target_of(uid), ())
    if world.home is not None and not world.ending:
        api.delete(NAMESPACE, "", world.namespace, uid=metadata(world.home)["uid"])


def sweep(api: Api) -> int:
    """See contract.Probes."""
    now, ended = datetime.now(UTC), 0
    for home in api.list(NAMESPACE, "", f"{LABEL_HUB},{LABEL_PROBE}", metadata=True):
        meta = metadata(home)
        old = since(str(meta.get("creationTimestamp", "")), now) > OLD
        if old and "deletionTimestamp" not in meta and meta["name"] == f"{NAME}-{label(home, LABEL_HUB)}":
            api.delete(NAMESPACE, "", str(meta["name"]), uid=str(meta["uid"]))
            ended += 1
    return ended
