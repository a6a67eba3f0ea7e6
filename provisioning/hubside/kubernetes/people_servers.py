"""People's servers as pods, in a hub's own process. Read by `jupyterhub` itself: not a module of the portal.

KubeSpawner makes them. Here is what a pod must not hold, whatever way it came in, who may start which profile, and what
people read when a start is refused.

The rule about Secrets and ConfigMaps is a list of what is refused, not of what is allowed: staff may approve a Secret
of an organisation's own, such as "course-keys", and the hub can't know its name. What the portal itself makes in the
namespace is refused by name; the portal says these names, from what it rendered.
"""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jupyterhub.utils import maybe_future  # type: ignore[import-untyped]
from kubernetes_asyncio.client import ApiException
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from offers import NOTHING, apart, everything, offered, refusal  # type: ignore[import-not-found]
from slugify import slugify
from tornado import web
from traitlets import default
from user_limits import LimitedSpawner  # type: ignore[import-not-found]

TELL = "No server can use it. Ask the person who runs this hub to remove it."
# Who carries them is let in by the hub's proxy or by other people's servers, or counts as an object of the portal's.
RESERVED_LABELS = ("hub.jupyter.org/network-access-", "hubportal/")
ASK = "Try again in a few minutes. If this continues, contact the person who runs this hub."
REFUSALS = (
    # in Kubernetes' message, for the person at the browser
    ("exceeded quota", "This hub can’t start another server at the moment: its limits are fully used."),
    ("maximum ", "This server requests more than this hub’s limits allow."),
    ("violates PodSecurity", "The cluster’s security rules do not allow this server."),
)


def words(error: ApiException) -> str:
    """For the person who waits: what happened, what to do, and Kubernetes' own words for whoever helps."""
    try:
        said = str(json.loads(error.body or "")["message"])
    except (TypeError, ValueError, KeyError):
        said = str(error.reason)
    plain = next((told for mark, told in REFUSALS if mark in said), "The cluster did not start your server.")
    return f"{plain} {ASK} (Message from Kubernetes: {said})"


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


def forbidden(words: str) -> web.HTTPError:
    """JupyterHub shows these words, and does not count a 4xx as a fault of the hub's."""
    error = web.HTTPError(403, words)
    error.jupyterhub_message = words  # type: ignore[attr-defined]
    return error


def refused(words: str) -> web.HTTPError:
    """The same for what only the person who runs the hub can change."""
    return forbidden(f"{words} {TELL}")


class PeopleSpawner(LimitedSpawner, KubeSpawner):
    """KubeSpawner, which offers each person what is for their groups and starts nothing else, whose refusals people
    understand, and whose hub admins see more folders."""

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
            raise refused(f"This server’s configuration uses something that belongs to the hub itself ({found}).")
        return pod

    def _apply_overrides(self: Any, spawner_override: Mapping[str, Any]) -> None:
        """A choice sets traits of KubeSpawner and nothing else of this object: no guard, and no limits of a person."""
        for name in spawner_override:
            if not self.has_trait(name):
                raise refused(f"This server option sets “{name}”, which is not a setting of a server.")
        super()._apply_overrides(spawner_override)

    def _expand_user_properties(self: Any, template: str, slug_scheme: Any = None) -> str:
        """KubeSpawner puts names where braces are, and fails at braces that mean something else: JSON in a variable, a
        shell's. Those stay as they are."""
        try:
            return str(super()._expand_user_properties(template, slug_scheme))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return re.sub(r"\{\w+\}", lambda one: self._placed(one[0], slug_scheme), template)

    def _placed(self: Any, name: str, slug_scheme: Any) -> str:
        try:
            return str(super()._expand_user_properties(name, slug_scheme))
        except (IndexError, KeyError):
            return name

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

    # --- "only for these groups": on the page, and again at the start -------------------------------------------------
    def _groups(self: Any) -> list[str]:
        """Of the person whose server it is, whoever starts it. A hub admin is in no group by being one."""
        return [group.name for group in self.user.groups]

    async def _profiles(self: Any) -> list[Any]:
        """All that the hub has, for whomever; a function when staff's code says so."""
        found = self._sorted_dict_values(self.profile_list)
        return list(apart(await maybe_future(found(self)) if callable(found) else found or [], slugify))

    def _get_initialized_profile_list(self: Any, profile_list: Any) -> Any:
        """KubeSpawner draws its page and starts servers from what this returns: what is not offered is not there."""
        return super()._get_initialized_profile_list(offered(apart(profile_list or [], slugify), self._groups()))

    async def _refuse_others(self: Any, answers: Mapping[str, Any]) -> None:
        """Raises HTTPError 403 when these answers ask for what is not offered to this person: never another instead."""
        known = super()._get_initialized_profile_list(everything(await self._profiles()))
        if words := refusal(known, self._groups(), answers):
            raise forbidden(words)

    @default("options_form")
    def _options_form_default(self: Any) -> Any:
        """Drawn each time: KubeSpawner would draw it once, and people come into groups and leave them."""
        return self._form_now if self.profile_list else ""

    async def _form_now(self: Any, _: Any) -> str:
        profiles = await self._profiles()
        if profiles and not offered(profiles, self._groups()):
            raise forbidden(NOTHING)
        return str(self._render_options_form(profiles)) if profiles else ""

    def _render_options_form(self: Any, profile_list: Any) -> Any:
        """An earlier choice that is no longer offered is not marked: KubeSpawner would leave the page without any."""
        known = super()._get_initialized_profile_list(everything(profile_list))
        earlier = self.user_options
        if refusal(known, self._groups(), earlier or {}):
            self.user_options = {}
        try:
            return super()._render_options_form(profile_list)
        finally:
            self.user_options = earlier

    async def _options_from_form(self: Any, formdata: Any) -> Any:
        """Also from an address with a query. Refused at once, the page says it above the choices."""
        answers = super()._options_from_form(formdata)
        await self._refuse_others(answers)
        return answers

    async def load_user_options(self: Any) -> None:
        """Whoever asks for the start, and whether the answers were given now or before: they are looked at here. A
        person's own limits count whichever choice they made. Answers without a profile are none: KubeSpawner would
        follow them without asking whether they are offered, or of the form that was asked for."""
        if not (self.user_options or {}).get("profile"):
            self.user_options = {}
        await self._refuse_others(self.user_options)
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
