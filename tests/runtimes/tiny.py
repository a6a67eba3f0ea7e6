"""A third runtime, as small as possible: it needs only this class and one line in settings.RUNTIMES
(test_third_runtime.py). It pulls images, offers profiles, and has neither volumes, ports nor pods."""

from collections.abc import Mapping
from typing import Any, ClassVar

from hubs.spec import HubSpec
from hubs.spec.capabilities import Capabilities
from provisioning.contract import FILES, HUB, PROXY, Finding, Part, Release, Target
from provisioning.runtimes.memory import MemoryRuntime, World


def render_tiny(target: Target, spec: HubSpec, keys: Mapping[str, str], sign_in: Any, wanted: Any) -> Release:
    hub = Part(HUB, "Open the hub", {"spec": spec.model_dump(mode="json"), "secrets": dict(keys)})
    proxy = Part(PROXY, "Open the door", {"url": target.url, "token": keys.get("proxy_auth_token", "")})
    files = Part(FILES, "Make room", {"slug": target.slug})
    parts = {"running": (files, proxy, hub), "suspended": (files,), "retired": ()}[wanted]
    return Release(target, parts, hub.digest if wanted == "running" else "")


class Tiny(MemoryRuntime):
    """Its hubs are kept in a dictionary, too."""

    capabilities: ClassVar = Capabilities(
        label="a tiny place", about="Everything is small there.", added="a tiny place", images=True, profiles=True,
        enforces_limits=True, isolates_people=True,
    )  # fmt: skip
    shared = World()

    @staticmethod
    def target(hub: Any, *, take: bool) -> Target:
        return Target(hub.uid, hub.slug, f"https://tiny.example.net/{hub.slug}/")

    @staticmethod
    def render(hub: Any, where: Target, keys: Mapping[str, str], sign_in: Any, wanted: Any) -> Release:
        return render_tiny(where, hub.spec, keys, sign_in, wanted)

    @staticmethod
    def check(cluster: Any, settings: Any) -> list[Finding]:
        return [Finding("Size", True, "It is tiny.")]
