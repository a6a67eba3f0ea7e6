"""Logs, events and people's servers in one hub's namespace."""

from collections.abc import Iterable
from typing import Any

from hubs.language import _
from provisioning.errors import Missing, Refused, RuntimeFault, Transient
from provisioning.runtimes.jupyterhub import AWAY
from provisioning.runtimes.kubernetes import hub_api
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.kinds import POD, Kind
from provisioning.runtimes.kubernetes.world import SERVERS, Live, World, annotation, metadata
from provisioning.runtimes.words import redact, telling
from provisioning.sentences import not_running

EVENTS = Kind("Event", "/api/v1", "events")
GRACE = 30  # seconds for a person's server to save its state
LOG_BYTES = 512 * 1024  # of the last lines of a log


# --- logs and events ------------------------------------------------------------------------------------------------
def warnings(api: Api, world: World) -> list[Live]:
    """Return the cluster's warnings about this hub, newest first; [] if they can't be read."""
    path = EVENTS.path(world.namespace)
    try:
        found = api.request("GET", path, {"fieldSelector": "type=Warning", "limit": 200}).get("items") or []
    except RuntimeFault:
        return []
    return sorted(
        found, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""), reverse=True
    )


def _log(api: Api, world: World, pod: str, lines: int, *, previous: bool = False) -> str:
    query: dict[str, Any] = {"tailLines": lines, "limitBytes": LOG_BYTES} | ({"previous": "true"} if previous else {})
    path = f"{POD.path(world.namespace, pod)}/log"
    text, _headers = api.text("GET", path, query=query, most_bytes=2 * LOG_BYTES, doing=_("read the log"))
    return redact(text, world.secrets())


def last_words(api: Api, world: World, component: str) -> str:
    """Return the last meaningful log line of a crashed container; "" if there is none."""
    for pod in _newest_first(world.component(component)):
        for previous in (False, True):
            try:
                if words := telling(_log(api, world, metadata(pod)["name"], 50, previous=previous).splitlines()):
                    return words
            except RuntimeFault:
                continue
    return ""


def _newest_first(pods: Iterable[Live]) -> list[Live]:
    return sorted(pods, key=lambda pod: str(metadata(pod).get("creationTimestamp", "")), reverse=True)


def logs(api: Api, world: World, component: str, lines: int) -> str:
    """See contract.Operations."""
    pods = _newest_first(world.component(component))
    if not pods:
        return ""
    try:
        return _log(api, world, metadata(pods[0])["name"], lines)
    except Missing:
        return ""
    except Refused as fault:  # "is waiting to start: ContainerCreating"
        if fault.reason == "Invalid":
            return ""
        raise


# --- people's servers -------------------------------------------------------------------------------------
def stop_server(api: Api, world: World, user: str, server: str) -> None:
    """Stop a server through the hub, as everywhere, even if the hub is busy. Only if no hub is running, or the hub has
    no record of the server, its pod is deleted (a hub that comes back notices within its poll interval, 30 s). Raise
    Missing if it is not running, Transient if the hub is busy."""
    try:
        hub_api.of(api, world).stop_server(user, server)
        return
    except Missing:
        pass
    except Transient as fault:
        if fault.reason != AWAY:
            raise
    mine = [pod for pod in world.component(SERVERS) if annotation(pod, "hub.jupyter.org/username") == user
            and annotation(pod, "hub.jupyter.org/servername") == server]  # fmt: skip
    if not mine:
        raise Missing(not_running())
    for pod in mine:
        end_pod(api, world, pod)


def end_pod(api: Api, world: World, pod: Live) -> None:
    """Delete a server's pod, with GRACE seconds to save its state, unless it is already ending."""
    meta = metadata(pod)
    if "deletionTimestamp" not in meta:
        api.delete(POD, world.namespace, meta["name"], uid=meta["uid"], grace=GRACE)
