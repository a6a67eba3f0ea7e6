"""One chosen call of a hub's worker fails by a real fault on a real socket, or the worker dies there.

All other calls go to the API server as usual; the doomed one goes through FaultProxy, which cuts it off, stays silent
or answers with an error, before or after the API server has processed it.
"""

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpcore

from provisioning.runtimes.kubernetes.client import MOST_BYTES, Api, connect

from .faults import Fault, FaultProxy
from .place import Fronted, FrontedApi

KILL = "kill"  # the worker dies, as by SIGKILL
SILENCE = 0.3  # seconds until a silent server is given up
WHERE = re.compile(r"/namespaces/([^/?]+)")


class Killed(BaseException):
    """Not an Exception, so that none of our handlers catch it: nothing runs after it."""


@dataclass
class Doom:
    """The `nth` call of this kind fails (counted from 1), or the worker dies there. `hit` is set when it happened."""

    call: str  # "PATCH /api/v1/namespaces/*/…"
    nth: int
    kind: str | int
    after: bool
    hit: bool = False

    def __str__(self) -> str:
        return f"{self.call} ({self.nth}): {self.kind} {'after' if self.after else 'before'}"


@dataclass
class Fate:
    """The faults that a hub's worker meets. `seen` remembers its calls."""

    dooms: Sequence[Doom] = ()
    seen: list[str] = field(default_factory=list)

    def doom(self, call: str) -> Doom | None:
        """Return the fault that belongs to this call."""
        self.seen.append(call)
        nth = self.seen.count(call)
        for doom in self.dooms:
            if not doom.hit and (doom.call, doom.nth) == (call, nth):
                doom.hit = True
                return doom
        return None

    def __str__(self) -> str:
        return "; ".join(f"{doom}{'' if doom.hit else ' (not yet)'}" for doom in self.dooms) or "no fault"


class HeaderFaults(FaultProxy):
    """Fails every request in the way that its header names, so that many hubs can fail at once."""

    def handle(self, client: Any) -> None:
        kind, _, when = client.headers["X-Fault"].partition(" ")
        fault = Fault(0, int(kind) if kind.isdigit() else kind, when == "after")
        length = int(client.headers.get("Content-Length") or 0)
        body = client.rfile.read(length) if length else None
        if fault.after:
            self._forward(client, body, stream=False)
        self._fail(client, fault)


class DoomedApi(FrontedApi):
    """The portal's client, with calls that fail."""

    through: ClassVar[Api]  # the same account, through HeaderFaults
    fates: ClassVar[dict[str, Fate]] = {}  # by namespace
    lock: ClassVar[threading.Lock] = threading.Lock()

    @contextlib.contextmanager
    def _open(
        self, method: str, path: str, query: Mapping[str, Any], body: Any, headers: dict[str, str], seconds: float,
        most_bytes: int = MOST_BYTES,
    ) -> Iterator[httpcore.Response]:  # fmt: skip
        with self._fated(method, path, query, body, headers, seconds) as answer:
            yield answer

    def _fated(
        self, method: str, path: str, query: Mapping[str, Any], body: Any, headers: dict[str, str], seconds: float
    ) -> contextlib.AbstractContextManager[httpcore.Response]:
        where = WHERE.search(path)
        fate = self.fates.get(where[1]) if where else None
        if where is None or fate is None:
            return super()._open(method, path, query, body, headers, seconds)
        with self.lock:
            doom = fate.doom(f"{method} {path.replace(where[1], '*')}")
        if doom is None:
            return super()._open(method, path, query, body, headers, seconds)
        if doom.kind == KILL:
            if doom.after:
                with super()._open(method, path, query, body, headers, seconds) as answer:
                    answer.read()
            raise Killed
        headers = {**headers, "X-Fault": f"{doom.kind} {'after' if doom.after else 'before'}"}
        seconds = SILENCE if doom.kind == "timeout" else seconds
        return self.through._open(method, path, query, body, headers, seconds)


class Doomed(Fronted):
    """The runtime that uses such a client."""

    @classmethod
    def for_cluster(cls, cluster: Any, settings: Any) -> "Doomed":
        return cls(DoomedApi(connect(cluster.kubeconfig, settings.API_SECONDS).configuration, settings.API_SECONDS))
