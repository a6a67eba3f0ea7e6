"""A runtime that keeps its hubs in a dictionary. For tests: every failure and delay can be set up in advance."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from hubs.language import _, lazy
from hubs.spec.capabilities import Capabilities
from provisioning import sentences
from provisioning.contract import (
    HUB,
    Applied,
    Finding,
    Observed,
    Part,
    Planned,
    Probe,
    Probed,
    Release,
    Seen,
    Server,
    Target,
)
from provisioning.errors import Missing, Refused, RuntimeFault, Transient
from provisioning.runtimes import one_machine
from provisioning.runtimes.jupyterhub import RUNS
from provisioning.runtimes.words import redact


@dataclass(frozen=True)
class Fault:
    """Makes the `nth` call (from 1, counted per method) of "observe", "apply", "logs" ... fail with `error`."""

    method: str
    nth: int
    error: Exception
    after: bool = False  # True: the call took effect, and only its result was lost


@dataclass
class Life:
    """One hub of the world."""

    parts: dict[str, Seen] = field(default_factory=dict)
    payloads: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    servers: tuple[Server, ...] | None = None
    logs: dict[str, list[str]] = field(default_factory=dict)  # lines of a part
    objects: tuple[Applied, ...] = ()


@dataclass
class World:
    """All hubs, and the failures to simulate. `slow` parts are not ready until `settle` is called."""

    hubs: dict[str, Life] = field(default_factory=dict)
    archive: list[str] = field(default_factory=list)  # uids whose files were archived, in order
    faults: list[Fault] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    log: list[tuple[str, str, str]] = field(default_factory=list)  # (method, uid, part) of every call that took effect
    slow: set[str] = field(default_factory=set)
    reachable: bool = True
    planned: tuple[Planned, ...] = ()  # the result of every plan
    asked: list[Release] = field(default_factory=list)  # releases for which plans were requested
    images: dict[str, Probed] = field(default_factory=dict)  # results of tests by image; other images do not exist
    probes: dict[str, str] = field(default_factory=dict)  # uid -> image that is being tested
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, method: str, error: RuntimeFault, nth: int = 1, after: bool = False) -> None:
        """Make the nth call of a method from now on fail (1 = the next)."""
        self.faults.append(Fault(method, self.calls[method] + nth, error, after))

    def settle(self, uid: str) -> None:
        """Make slow parts ready."""
        parts = self.hubs[uid].parts
        for name, seen in parts.items():
            if not seen.failed:
                parts[name] = Seen(seen.digest, True)

    def crash(self, uid: str, name: str) -> None:
        """Make a part crash."""
        parts = self.hubs[uid].parts
        parts[name] = Seen(parts[name].digest, False, "Crashed", sentences.stopped(name), failed=True)


class MemoryRuntime:
    """See provisioning.contract.Runtime, Operations and Probes. Two objects with one World are two workers."""

    capabilities: ClassVar = Capabilities(
        label=lazy("a simulated cluster (tests)"), about=lazy("Nothing runs."), added=lazy("a simulated cluster"),
        offered=False, ports=True, logs=True,
    )  # fmt: skip
    refused_again: ClassVar[float | None] = None
    shared = World()  # used by `for_cluster`: one world per process
    quiet, soon = 20.0, 0.25
    render = staticmethod(one_machine.render)
    probe_of = staticmethod(one_machine.probe_of)

    def __init__(self, world: World | None = None) -> None:
        self.world = world if world is not None else World()

    @classmethod
    def for_cluster(cls, cluster: Any, settings: Any) -> Self:
        made = cls(cls.shared)
        made.quiet = float(settings.DRIFT_SECONDS)
        return made

    @staticmethod
    def target(hub: Any, *, take: bool) -> Target:
        return one_machine.target(hub, take, lambda port: True)

    @staticmethod
    def check(cluster: Any, settings: Any) -> list[Finding]:
        return [Finding(_("Simulated"), True, _("There is nothing to check."))]

    def _call(self, method: str) -> Fault | None:
        """Count a call. Raise a failure set for before its effect; return one set for after it."""
        self.world.calls[method] += 1
        if not self.world.reachable:
            raise Transient(_("The cluster is not responding."), "Unreachable")
        for fault in self.world.faults:
            if (fault.method, fault.nth) == (method, self.world.calls[method]):
                if not fault.after:
                    raise fault.error
                return fault
        return None

    def observe(self, target: Target, wanted: tuple[Part, ...] = ()) -> Observed:
        with self.world.lock:
            fault = self._call("observe")
            if fault:
                raise fault.error
            life = self.world.hubs.get(target.uid)
            if not life or not life.parts:
                return Observed()
            hub = life.parts.get(HUB)
            answers = hub is not None and hub.ready
            return Observed(dict(life.parts), hub.digest if hub and answers else "", life.servers if answers else None)

    def apply(self, target: Target, part: Part) -> None:
        with self.world.lock:
            fault = self._call("apply")
            life = self.world.hubs.setdefault(target.uid, Life())
            before = life.parts.get(part.name)
            if before is None or before.digest != part.digest or before.failed:
                slow = part.name in self.world.slow
                seen = Seen(part.digest, True)
                life.parts[part.name] = (
                    replace(seen, ready=False, reason="Starting", message=sentences.starting(part.name))
                    if slow
                    else seen
                )
                life.payloads[part.name] = part.payload
                if part.name == HUB and life.servers is None:
                    life.servers = ()
                self.world.log.append(("apply", target.uid, part.name))
            if fault:
                raise fault.error

    def drop(self, target: Target, name: str) -> None:
        with self.world.lock:
            fault = self._call("drop")
            life = self.world.hubs.get(target.uid)
            if life and life.parts.pop(name, None):
                life.payloads.pop(name, None)
                if name == HUB:
                    life.servers = None
                self.world.log.append(("drop", target.uid, name))
                if not life.parts:
                    del self.world.hubs[target.uid]
                    self.world.archive.append(target.uid)
            if fault:
                raise fault.error

    # --- operations for pages -----------------------------------------------------------------------------------------
    def _life(self, method: str, uid: str) -> Life:
        if fault := self._call(method):
            raise fault.error
        return self.world.hubs.get(uid, Life())

    def logs(self, target: Target, name: str, lines: int) -> str:
        with self.world.lock:
            life = self._life("logs", target.uid)
            secrets = life.payloads.get(HUB, {}).get("secrets", {}).values()
            said = life.logs.get(name, []) if name in life.parts else []
            return redact("\n".join(said[-lines:]), secrets)

    def start_server(self, target: Target, user: str, server: str) -> None:
        with self.world.lock:
            life = self._life("start_server", target.uid)
            if HUB not in life.parts:
                raise Transient(sentences.not_responding(), "HubUnreachable")
            if any((one.user, one.name) == (user, server) for one in life.servers or ()):
                raise Refused(sentences.already_running(), RUNS)
            life.servers = (*(life.servers or ()), Server(user, server, True))
            self.world.log.append(("start_server", target.uid, user))

    def stop_server(self, target: Target, user: str, server: str) -> None:
        with self.world.lock:
            life = self._life("stop_server", target.uid)
            left = tuple(one for one in life.servers or () if (one.user, one.name) != (user, server))
            if len(left) == len(life.servers or ()):
                raise Missing(sentences.not_running())
            life.servers = left
            self.world.log.append(("stop_server", target.uid, user))

    def plan(self, release: Release) -> tuple[Planned, ...]:
        with self.world.lock:
            self._life("plan", release.target.uid)
            self.world.asked.append(release)
            return self.world.planned

    def objects(self, target: Target) -> tuple[Applied, ...]:
        with self.world.lock:
            return self._life("objects", target.uid).objects

    # --- image tests --------------------------------------------------------------------------------------------------
    def probe(self, wanted: Probe) -> Probed | None:
        with self.world.lock:
            if fault := self._call("probe"):
                raise fault.error
            if self.world.probes.get(wanted.uid) != wanted.image or "probe" in self.world.slow:
                self.world.probes[wanted.uid] = wanted.image
                return None
            nothing = Probed(False, sentences.not_in_its_registry(wanted.image))
            return self.world.images.get(wanted.image, nothing)

    def end_probe(self, uid: str) -> None:
        with self.world.lock:
            if fault := self._call("end_probe"):
                raise fault.error
            self.world.probes.pop(uid, None)

    def sweep_probes(self) -> int:
        return 0  # nothing here is ever old
