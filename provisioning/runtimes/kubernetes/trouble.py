"""Why something is not running, from its state in the cluster. Pure; sentences for teachers, CamelCase for staff."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hubs.language import _
from provisioning.sentences import noun, starting, stopped

Live = Mapping[str, Any]
NO_ROOM = 600.0  # seconds for a cluster to get free resources (an autoscaler adds a node in minutes)
PULL = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
CONFIG = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}


@dataclass(frozen=True)
class Trouble:
    reason: str
    message: str
    failed: bool = False  # waiting does not help
    crashed: bool = False  # its last output is in the log of the previous container


def _statuses(pod: Live) -> Iterable[Mapping[str, Any]]:
    status = pod.get("status", {})
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _short(text: str, most: int = 250) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[:most]}…"


def _image(pod: Live, container: str) -> str:
    for spec in pod.get("spec", {}).get("containers", []):
        if spec.get("name") == container:
            return str(spec.get("image", ""))
    return ""


def _of_container(name: str, pod: Live, status: Mapping[str, Any]) -> Trouble | None:
    waiting = status.get("state", {}).get("waiting") or {}
    ended = status.get("state", {}).get("terminated") or status.get("lastState", {}).get("terminated") or {}
    reason = waiting.get("reason", "")
    if reason in PULL:
        said = _(
            "The image “{image}” of the {part} can’t be pulled. Check its name, and that it exists. ({message})",
            image=_image(pod, status.get("name", "")),
            part=noun(name),
            message=_short(waiting.get("message", reason), 120),
        )
        return Trouble("ImagePullFailed", said, failed=True)
    if reason in CONFIG:
        why = _short(waiting.get("message", reason))
        said = _("The {part} can’t be started: {why}", part=noun(name), why=why)
        return Trouble(reason, said, failed=True)
    if ended.get("reason") == "OOMKilled" and not status.get("ready"):
        said = _("The {part} exceeded its memory limit and was stopped.", part=noun(name))
        return Trouble("OutOfMemory", said, failed=True)
    if reason == "CrashLoopBackOff":
        return Trouble("Crashed", stopped(name), failed=True, crashed=True)
    return None


def _unschedulable(name: str, pod: Live, now: datetime) -> Trouble | None:
    for condition in pod.get("status", {}).get("conditions") or []:
        if condition.get("type") != "PodScheduled" or condition.get("status") != "False":
            continue
        said = str(condition.get("message", ""))
        late = since(pod.get("metadata", {}).get("creationTimestamp", ""), now) > NO_ROOM
        if re.search(
            r"PersistentVolumeClaim|persistentvolumeclaim|volume node affinity|available persistent volumes", said
        ):
            text = _("The {part}’s volume can’t be created or attached: {why}", part=noun(name), why=_short(said))
            return Trouble("VolumeNotBound", text, failed=late)
        text = _(
            "No node of the cluster has enough free resources for the {part}. "
            "It starts when there are enough. ({message})",
            part=noun(name),
            message=_short(said, 120),
        )
        return Trouble("NoNodeFits", text, failed=late)
    return None


def since(stamp: str, now: datetime | None = None) -> float:
    """Return the seconds since a Kubernetes timestamp; 0 if there is none."""
    try:
        return ((now or datetime.now(UTC)) - datetime.fromisoformat(stamp.replace("Z", "+00:00"))).total_seconds()
    except ValueError:
        return 0.0


def _not_made(name: str, deployment: Live) -> Trouble | None:
    """Return why the cluster refuses to create the pod, or None."""
    for condition in deployment.get("status", {}).get("conditions") or []:
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            said = str(condition.get("message", ""))
            part, why = noun(name), _short(said)
            if "exceeded quota" in said:
                text = _("The {part} exceeds the quota of its namespace: {why}", part=part, why=why)
                return Trouble("QuotaExceeded", text, failed=True)
            if "violates PodSecurity" in said:
                text = _("The cluster’s security rules do not allow the {part}: {why}", part=part, why=why)
                return Trouble("AdmissionRefused", text, failed=True)
            text = _("The cluster can’t create the {part}: {why}", part=part, why=why)
            return Trouble("FailedCreate", text, failed=True)
    return None


def _from_events(name: str, events: Iterable[Live]) -> Trouble | None:
    """Return the newest warning about a volume, or None."""
    for event in events:
        reason, said = str(event.get("reason", "")), _short(str(event.get("message", "")))
        if reason in ("ProvisioningFailed", "FailedBinding"):
            text = _("The {part}’s volume can’t be created: {why}", part=noun(name), why=said)
            return Trouble("VolumeNotBound", text)
        if reason in ("FailedMount", "FailedAttachVolume"):
            text = _("The {part}’s volume can’t be mounted: {why}", part=noun(name), why=said)
            return Trouble("VolumeNotMounted", text)
    return None


def explain(
    name: str, deployment: Live, pods: list[Live], events: Iterable[Live] = (), now: datetime | None = None
) -> Trouble:
    """Return why the Deployment "hub" or "proxy" is not ready; Starting if nothing is wrong."""
    now = now or datetime.now(UTC)
    if found := _not_made(name, deployment):
        return found
    pods = sorted(pods, key=lambda pod: str(pod.get("metadata", {}).get("creationTimestamp", "")), reverse=True)
    alive = [pod for pod in pods if "deletionTimestamp" not in pod.get("metadata", {})]
    for pod in alive:
        for status in _statuses(pod):
            if found := _of_container(name, pod, status):
                return found
        if found := _unschedulable(name, pod, now):
            return found
    if found := _from_events(name, events):
        return found
    if pods and not alive:
        return Trouble("Stopping", _("The old {part} is still stopping.", part=noun(name)))
    return Trouble("Starting", starting(name))


def of_server(pod: Live, now: datetime | None = None) -> str:
    """Return why a person's server does not start; "" while it may just be starting."""
    for status in _statuses(pod):
        if found := _of_container("server", pod, status):
            return found.message
    found = _unschedulable("server", pod, now or datetime.now(UTC))
    if found is None or (found.reason == "VolumeNotBound" and not found.failed):
        return ""  # a new home volume is created within seconds
    return found.message


def of_namespace(home: Live) -> str:
    """Return why a namespace that is being removed still exists; "" if no reason is known."""
    kinds = ("NamespaceFinalizersRemaining", "NamespaceContentRemaining", "NamespaceDeletionContentFailure",
             "NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure")  # fmt: skip
    conditions = {c.get("type"): c for c in home.get("status", {}).get("conditions") or [] if c.get("status") == "True"}
    return "; ".join(_short(str(conditions[kind].get("message", ""))) for kind in kinds if kind in conditions)
