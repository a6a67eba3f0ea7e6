"""The environments in which runtimes are tested: creating a runtime, a target and a release for it, and cleaning up."""

import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from hubs.spec import HubSpec
from provisioning.contract import Observed, Part, Probe, Probes, Release, Runtime, Target
from provisioning.decide import Apply, decide
from provisioning.render import PortalSignIn, render_local

Render = Callable[[Target, HubSpec, Mapping[str, str], PortalSignIn, Any], Release]
SECRET_NAMES = ("proxy_auth_token", "cookie_secret", "crypt_key", "portal_service_token", "oauth_client_secret")
NOWHERE = PortalSignIn(
    client_id="nobody",
    authorize_url="http://127.0.0.1:9/authorize",
    token_url="http://127.0.0.1:9/token",
    userdata_url="http://127.0.0.1:9/userinfo",
    portal_url="http://127.0.0.1:9/",
)


def until(what: Callable[[], Any], seconds: float = 60, why: str | Callable[[], str] = "") -> Any:
    """Call `what` until its result is true, and return it. Fail after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (answer := what()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {why() if callable(why) else why or what}"
        pause.wait(0.05)
    return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hub_spec(**changes: Any) -> HubSpec:
    """Return a spec without people; a change is written as about__title="..."."""
    data: dict[str, Any] = {"about": {"title": "Statistics 101"}}
    for path, value in changes.items():
        *parents, leaf = path.split("__")
        place = data
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = value
    return HubSpec.model_validate(data)


@dataclass
class Place:
    """One runtime under test. `again()` is the same environment, used by another worker."""

    name: str
    again: Callable[[], Runtime]
    kill: Callable[[Target, str], None]  # makes a part die
    homes: Callable[[Target], Path | None] = lambda target: None
    render: Render = render_local
    ready: Callable[[Target], None] = lambda target: None  # before anything is created
    probed: Callable[[str, str], Probe] = Probe  # (uid, image): what the runtime is asked for
    targets: list[Target] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=lambda: {name: secrets.token_hex(32) for name in SECRET_NAMES})

    @property
    def runtime(self) -> Runtime:
        return self.again()

    @property
    def probes(self) -> Probes:
        return cast(Probes, self.again())

    def target(self, slug: str = "stat-101") -> Target:
        ports = {key: free_port() for key in ("public", "api", "hub")}
        target = Target(f"u{secrets.token_hex(6)}", slug, f"http://localhost:{ports['public']}/{slug}/", ports)
        self.targets.append(target)
        self.ready(target)
        return target

    def release(
        self, target: Target, wanted: Any = "running", sign_in: PortalSignIn = NOWHERE, **changes: Any
    ) -> Release:
        return self.render(target, hub_spec(**changes), self.secrets, sign_in, wanted)

    def part(self, target: Target, name: str, **changes: Any) -> Part:
        return next(part for part in self.release(target, **changes).parts if part.name == name)

    def act_once(self, release: Release) -> list[tuple[str, str]]:
        """Observe, decide, act; return the actions."""
        done = []
        for action in decide(release, self.runtime.observe(release.target)).actions:
            if isinstance(action, Apply):
                self.runtime.apply(release.target, action.part)
                done.append(("apply", action.part.name))
            else:
                self.runtime.drop(release.target, action.name)
                done.append(("drop", action.name))
        return done

    def converge(self, release: Release, seconds: float = 40) -> Observed:
        """Act as a reconciler does until nothing is left to do; return the observation."""

        def converged() -> Observed | None:
            self.act_once(release)
            seen = self.runtime.observe(release.target)
            return seen if decide(release, seen).converged else None

        deadline = time.monotonic() + seconds
        pause = threading.Event()
        while (seen := converged()) is None:
            last = self.runtime.observe(release.target)
            assert time.monotonic() < deadline, f"does not converge: {last}"
            pause.wait(0.1)
        return seen

    def clean_up(self) -> None:
        for target in self.targets:
            for name in ("hub", "proxy", "files"):
                self.runtime.drop(target, name)
