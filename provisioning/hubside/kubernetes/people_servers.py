"""People's servers as pods, in a hub's own process. Read by `jupyterhub` itself: not a module of the portal.

KubeSpawner makes them. Here is only what its reader is told when Kubernetes refuses one.
"""

import asyncio
import json
from typing import Any

from kubernetes_asyncio.client import ApiException
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from user_limits import LimitedSpawner  # type: ignore[import-not-found]

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


class PeopleSpawner(LimitedSpawner, KubeSpawner):
    """KubeSpawner, whose refusals people understand, and whose hub admins see more folders."""

    admin_mounts: list[dict[str, Any]] = []
    open_images: tuple[str, ...] = ()  # what names of images begin with that everybody may have

    async def get_pod_manifest(self: Any) -> Any:
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

    async def load_user_options(self) -> None:
        """A person's own limits count whichever choice they made before the start."""
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
