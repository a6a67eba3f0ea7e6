"""People's servers as pods, in a hub's own process. Loaded by `jupyterhub`: not a module of the portal.

KubeSpawner creates them. This file defines what a pod must not contain, whatever configured it, who can start which
profile, and the messages when a start is refused.

The rule about Secrets and ConfigMaps is a list of what is refused, not of what is allowed: staff may approve a Secret
of an organisation, such as "course-keys", and the hub can't know its name. Objects that the portal creates in the
namespace are refused by name; the portal sends these names.
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

A_TOKEN = "a token of the cluster"  # noqa: S105 - a sentence names it
TELL = "No server can use it. Ask the person who runs this hub to remove it."
# They give network access to the proxy or other servers, or mark an object as the portal's.
RESERVED_LABELS = ("hub.jupyter.org/network-access-", "hubportal/")
ASK = "Try again in a few minutes. If this continues, contact the person who runs this hub."
REFUSALS = (
    # part of Kubernetes' message, message for the person
    ("exceeded quota", "This hub can’t start another server at the moment: its limits are fully used."),
    ("maximum ", "This server requests more than this hub’s limits allow."),
    ("violates PodSecurity", "The cluster’s security rules do not allow this server."),
)


def words(error: ApiException, say: Any = str.format) -> str:
    """Return the message for the person: what happened, what to do, and Kubernetes' message for support."""
    try:
        said = str(json.loads(error.body or "")["message"])
    except (TypeError, ValueError, KeyError):
        said = str(error.reason)
    plain = next((told for mark, told in REFUSALS if mark in said), "The cluster did not start your server.")
    return " ".join([say(plain), say(ASK), say("(Message from Kubernetes: {message})", message=said)])


def named(node: Any) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of each Secret, ConfigMap and claim in a pod's spec, at any depth and in any field:
    `secretKeyRef`, `configMapRef`, `secretName`, a projected volume's source, a CSI driver's `nodePublishSecretRef`."""
    if isinstance(node, list):
        for one in node:
            yield from named(one)
    if not isinstance(node, Mapping):
        return
    if node.get("kind") and node.get("name"):  # the source of a copied volume
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
    """Return an object of the hub itself that this pod's spec (as sent to the API server) uses, e.g. "Secret hub", or
    "". `ours`: {kind: names} and "prefixes" of names of Secrets."""
    read = {
        key: value for key, value in spec.items() if key != "imagePullSecrets"
    }  # used by the kubelet, not by the server
    for kind, name in named(read):
        generated = kind == "Secret" and name.startswith(tuple(ours.get("prefixes", ())))
        if name in ours.get(kind, ()) or generated:
            return f"{kind} {name}"
    accounts = {spec.get("serviceAccountName"), spec.get("serviceAccount")} - {None, ""}
    for account in accounts:
        if account in ours.get("ServiceAccount", ()):
            return f"ServiceAccount {account}"
    if accounts <= {"default"} and _has_token(spec):
        return A_TOKEN
    return ""


def forbidden(words: str) -> web.HTTPError:
    """Return an error that JupyterHub shows, and, as a 4xx, does not count as a failure of the hub."""
    error = web.HTTPError(403, words)
    error.jupyterhub_message = words  # type: ignore[attr-defined]
    return error


class PeopleSpawner(LimitedSpawner, KubeSpawner):
    """KubeSpawner with profiles by group, clear messages for refused starts, and additional folders for hub admins."""

    admin_mounts: list[dict[str, Any]] = []
    open_images: tuple[str, ...] = ()  # prefixes of public images
    ours: dict[str, Any] = {}  # the portal's objects in the namespace: not_theirs()
    fixed_labels: dict[str, str] = {}  # selected by network policies

    def _refused(self: Any, sentence: str, **values: str) -> web.HTTPError:
        """Return an error for what only the person who runs the hub can change."""
        return forbidden(" ".join([self.say(sentence, **values), self.say(TELL)]))

    async def get_pod_manifest(self: Any) -> Any:
        """Return the pod. Raise HTTPError 403 if it uses objects of the hub itself."""
        pod = await self._with_admin_mounts()
        labels = pod.metadata.labels
        for name in [name for name in labels if name.startswith(RESERVED_LABELS)]:
            del labels[name]
        labels.update(self.fixed_labels)
        if found := not_theirs(self.api.api_client.sanitize_for_serialization(pod)["spec"], self.ours):
            sentence = "This server’s configuration uses something that belongs to the hub itself ({object})."
            raise self._refused(sentence, object=self.say(found) if found == A_TOKEN else found)
        return pod

    def _apply_overrides(self: Any, spawner_override: Mapping[str, Any]) -> None:
        """Apply a profile's overrides, which can only set traits, not other attributes such as checks or user
        limits."""
        for name in spawner_override:
            if not self.has_trait(name):
                raise self._refused("This server option sets “{name}”, which is not a setting of a server.", name=name)
        super()._apply_overrides(spawner_override)

    def _expand_user_properties(self: Any, template: str, slug_scheme: Any = None) -> str:
        """Expand placeholders in braces. KubeSpawner fails at other braces, such as JSON or shell code in a variable;
        these stay unchanged."""
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
        """Return the pod, with additional folders for a hub admin. Reset afterwards: they may not be admin next
        time."""
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
        """Always pull private images: a node may have pulled an image with another organisation's password. So the
        registry decides about access each time; layers are still downloaded only once."""
        for container in [*pod.spec.containers, *(pod.spec.init_containers or [])]:
            image = container["image"] if isinstance(container, dict) else container.image
            if not image.startswith(self.open_images or ("\0",)):
                if isinstance(container, dict):
                    container["imagePullPolicy"] = "Always"
                else:
                    container.image_pull_policy = "Always"

    # --- "only for these groups": on the page, and again at the start -------------------------------------------------
    def _groups(self: Any) -> list[str]:
        """Return the groups of the server's owner, whoever starts it. Hub admins are in no group automatically."""
        return [group.name for group in self.user.groups]

    async def _profiles(self: Any) -> list[Any]:
        """Return all profiles of the hub; code that staff added may have set a function."""
        found = self._sorted_dict_values(self.profile_list)
        return list(apart(await maybe_future(found(self)) if callable(found) else found or [], slugify))

    def _get_initialized_profile_list(self: Any, profile_list: Any) -> Any:
        """Return only offered profiles, from which KubeSpawner renders its page and starts servers."""
        return super()._get_initialized_profile_list(offered(apart(profile_list or [], slugify), self._groups()))

    async def _refuse_others(self: Any, answers: Mapping[str, Any]) -> None:
        """Raise HTTPError 403 if these options are not offered to this person. Never replace them by others."""
        known = super()._get_initialized_profile_list(everything(await self._profiles()))
        if words := refusal(known, self._groups(), answers, self.say):
            raise forbidden(words)

    @default("options_form")
    def _options_form_default(self: Any) -> Any:
        """Render the form each time, because groups change: KubeSpawner would render it once."""
        return self._form_now if self.profile_list else ""

    async def _form_now(self: Any, _: Any) -> str:
        profiles = await self._profiles()
        if profiles and not offered(profiles, self._groups()):
            raise forbidden(self.say(NOTHING))
        return str(self._render_options_form(profiles)) if profiles else ""

    def _render_options_form(self: Any, profile_list: Any) -> Any:
        """Render without an earlier selection that is no longer offered: KubeSpawner would select nothing."""
        known = super()._get_initialized_profile_list(everything(profile_list))
        earlier = self.user_options
        if refusal(known, self._groups(), earlier or {}):
            self.user_options = {}
        try:
            return super()._render_options_form(profile_list)
        finally:
            self.user_options = earlier

    async def _options_from_form(self: Any, formdata: Any) -> Any:
        """Check options of a form or a URL query. The page shows the message above the options."""
        answers = super()._options_from_form(formdata)
        await self._refuse_others(answers)
        return answers

    async def load_user_options(self: Any) -> None:
        """Check the options here, whoever requests the start, and whether they are new or saved. User limits apply to
        every option. Options without a profile are ignored: KubeSpawner would apply them without a check whether they
        are offered or in the form."""
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
            # JupyterHub shows it instead of the response's headers.
            error.jupyterhub_message = words(error, self.say)  # type: ignore[attr-defined]
            raise
