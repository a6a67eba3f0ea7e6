"""People's servers as pods, in a hub's own process. Read by `jupyterhub` itself: not a module of the portal.

KubeSpawner makes them. Here is what a pod must not hold, whatever way it came in, and what people read when a start is
refused.

The rule about Secrets and ConfigMaps is a list of what is refused, not of what is allowed: staff may approve a Secret
of an organisation's own, such as "course-keys", and the hub can't know its name. What the portal itself makes in the
namespace is refused by name; the portal says these names, from what it rendered.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

from kubernetes_asyncio.client import ApiException
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from tornado import web
from user_limits import LimitedSpawner  # type: ignore[import-not-found]

TELL = "No server may use it. Tell the person who runs this hub to take it out."
# Who carries them is let in by the hub's proxy or by other people's servers, or counts as an object of the portal's.
RESERVED_LABELS = ("hub.jupyter.org/network-access-", "hubportal/")
ASK = "Try again in a few minutes. If it goes on, tell the person who runs this hub."
REFUSALS = (
    # in Kubernetes' message, for the person at the browser
    ("exceeded quota", "This hub has no room for another server now: what was agreed for it is in use."),
    ("maximum ", "This server asks for more than was agreed for this hub."),
    ("violates PodSecurity", "The cluster’s security rules refuse this server."),
)


def words(error: ApiException) -> str:
    """For the person who waits: what happened, what to do, and Kubernetes' own words for whoever helps."""
    try:
        said = str(json.loads(error.body or "")["message"])
    except (TypeError, ValueError, KeyError):
        said = str(error.reason)
    plain = next((told for mark, told in REFUSALS if mark in said), "The cluster did not start your server.")
    return f"{plain} {ASK} (Kubernetes says: {said})"


def named(node: Any) -> Iterator[tuple[str, str]]:
    """(kind, name) of each Secret, ConfigMap and claim that a pod's spec mentions, at any depth and by any field:
    `secretKeyRef`, `configMapRef`, `secretName`, a projected volume's source, a CSI driver's `nodePublishSecretRef`."""
    if isinstance(node, list):
        for one in node:
            yield from named(one)
    if not isinstance(node, Mapping):
        return
    if node.get("kind") and node.get("name"):  # what a volume is a copy of
        yield str(node["kind"]), str(node["name"])
    for key, value in node.items():
        word = str(key).lower()
        kinds = {"secret": "Secret", "configmap": "ConfigMap", "persistentvolumeclaim": "PersistentVolumeClaim"}
        if kind := next((kind for part, kind in kinds.items() if part in word), ""):
            inner = (
                [value.get(name) for name in ("name", "secretName", "claimName")] if isinstance(value, Mapping) else []
            )
            yield from ((kind, one) for one in [value, *inner] if isinstance(one, str))
        yield from named(value)


def _has_token(spec: Mapping[str, Any]) -> bool:
    sources = [
        one for volume in spec.get("volumes") or [] for one in (volume.get("projected") or {}).get("sources") or []
    ]
    return spec.get("automountServiceAccountToken") is not False or any("serviceAccountToken" in one for one in sources)


def not_theirs(spec: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    """What of the hub itself this pod's spec (as the API server receives it) would use: "Secret hub"; "" when nothing.
    `ours`: {kind: names} and "prefixes", names of Secrets that begin like this."""
    read = {key: value for key, value in spec.items() if key != "imagePullSecrets"}  # the kubelet's, not the server's
    for kind, name in named(read):
        generated = kind == "Secret" and name.startswith(tuple(ours.get("prefixes", ())))
        if name in ours.get(kind, ()) or generated:
            return f"{kind} {name}"
    accounts = {spec.get("serviceAccountName"), spec.get("serviceAccount")} - {None, ""}
    for account in accounts:
        if account in ours.get("ServiceAccount", ()):
            return f"ServiceAccount {account}"
    if accounts <= {"default"} and _has_token(spec):
        return "a token of the cluster"
    return ""


def refused(words: str) -> web.HTTPError:
    """JupyterHub shows these words, and does not count a 4xx as a fault of the hub's."""
    error = web.HTTPError(403, f"{words} {TELL}")
    error.jupyterhub_message = f"{words} {TELL}"  # type: ignore[attr-defined]
    return error


class PeopleSpawner(LimitedSpawner, KubeSpawner):
    """KubeSpawner, whose refusals people understand, and whose hub admins see more folders."""

    admin_mounts: list[dict[str, Any]] = []
    open_images: tuple[str, ...] = ()  # what names of images begin with that everybody may have
    ours: dict[str, Any] = {}  # what the portal made in the namespace: not_theirs()
    fixed_labels: dict[str, str] = {}  # network policies choose pods by these

    async def get_pod_manifest(self: Any) -> Any:
        """The pod. Raises HTTPError 403 when it holds what is not theirs."""
        pod = await self._with_admin_mounts()
        labels = pod.metadata.labels
        for name in [name for name in labels if name.startswith(RESERVED_LABELS)]:
            del labels[name]
        labels.update(self.fixed_labels)
        if found := not_theirs(self.api.api_client.sanitize_for_serialization(pod)["spec"], self.ours):
            raise refused(f"This server’s configuration asks for what belongs to the hub itself ({found}).")
        return pod

    def _apply_overrides(self: Any, spawner_override: Mapping[str, Any]) -> None:
        """A choice sets traits of KubeSpawner and nothing else of this object: no guard, and no limits of a person."""
        for name in spawner_override:
            if not self.has_trait(name):
                raise refused(f"This choice sets “{name}”, which is no setting of a server.")
        super()._apply_overrides(spawner_override)

    async def _with_admin_mounts(self: Any) -> Any:
        """A hub admin's server has more folders. Set and taken back, for the next start may be nobody's admin's."""
        mounts = self.volume_mounts
        if self.user.admin and self.admin_mounts:
            self.volume_mounts = [*mounts, *self.admin_mounts]
        try:
            pod = await super().get_pod_manifest()
        finally:
            self.volume_mounts = mounts
        self._ask_for_images(pod)
        return pod

    def _ask_for_images(self: Any, pod: Any) -> None:
        """An image that a node has already was perhaps fetched with somebody else's password. Asked for again, its
        registry decides who may have it; the layers are fetched once all the same."""
        for container in [*pod.spec.containers, *(pod.spec.init_containers or [])]:
            image = container["image"] if isinstance(container, dict) else container.image
            if not image.startswith(self.open_images or ("\0",)):
                if isinstance(container, dict):
                    container["imagePullPolicy"] = "Always"
                else:
                    container.image_pull_policy = "Always"

    async def load_user_options(self: Any) -> None:
        """A person's own limits count whichever choice they made before the start. Answers without a profile are none:
        KubeSpawner would follow them without asking whether they are offered, or of the form that was asked for."""
        if not (self.user_options or {}).get("profile"):
            self.user_options: dict[str, Any] = {}
        await super().load_user_options()
        self.apply_limits()

    def start(self) -> Any:
        return asyncio.ensure_future(self._told(super().start()))

    async def _told(self, started: Any) -> Any:
        try:
            return await started
        except ApiException as error:
            # JupyterHub shows it instead of the answer's headers.
            error.jupyterhub_message = words(error)  # type: ignore[attr-defined]
            raise
