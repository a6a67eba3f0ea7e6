"""Watch one cluster: a stream for each kind of object wakes the hubs that its events are about.

It has no lasting state: without it, the fleet check finds the same changes a little later.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections, connections

from hubs import wake
from hubs.models import Cluster
from provisioning import fleet as fleets
from provisioning.errors import RuntimeFault
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.fleet import Fleet, listed
from provisioning.runtimes.kubernetes.kinds import FLEET, Kind

log = logging.getLogger(__name__)
STREAM = 300  # seconds until the API server ends a watch, and the next continues from the last bookmark
GATHER = 0.5  # seconds in which events of one hub are combined
PAUSE = 2.0  # seconds until a stream that failed is opened again
UNKNOWN_KIND = 600.0  # seconds until a kind that the cluster does not have is tried again


class ClusterWatch:
    """One cluster: one thread per kind, and one that wakes hubs. After `stop` they end at the next event or PAUSE."""

    def __init__(self, cluster: Cluster, api: Api, stream: int = STREAM) -> None:
        self.cluster, self.api, self.stream = cluster, api, stream
        self.threads: list[threading.Thread] = []
        self.fleet, self.lock = Fleet(), threading.Lock()
        self.changed: set[str] = set()  # uids
        self.listed: set[str] = set()  # kinds that were read at least once: before that, everything seems to differ
        self.versions: dict[str, str] = {}  # kind -> resourceVersion to continue from; "" for an unknown kind
        self.stopping = threading.Event()

    def start(self) -> None:
        for kind in FLEET:
            self._thread(lambda kind=kind: self._follow(kind), kind.plural)  # type: ignore[misc]
        self._thread(self._wake, "wake")

    def stop(self) -> None:
        self.stopping.set()

    def _thread(self, work: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=work, name=f"watch {self.cluster.slug} {name}", daemon=True)
        self.threads.append(thread)
        thread.start()

    # --- one thread per kind ------------------------------------------------------------------------------------------
    def _follow(self, kind: Kind) -> None:
        """Follow a kind. After each stream, the next continues from the last version: nothing is missed or listed
        again."""
        while not self.stopping.is_set():
            pause = 0.0
            try:
                if not self.versions.get(kind.name):
                    self.versions[kind.name] = self._begin(kind)
                if self.versions[kind.name]:
                    self._stream(kind)
                else:
                    pause = UNKNOWN_KIND
            except RuntimeFault as fault:
                log.info("watch %s of %s: %s", kind.plural, self.cluster.slug, fault.reason)
                if fault.reason == "Expired":  # 410: the resourceVersion is too old
                    self.versions.pop(kind.name, None)
                pause = PAUSE
            except Exception:
                log.exception("watch %s of %s", kind.plural, self.cluster.slug)
                pause = PAUSE
            self.stopping.wait(pause)

    def _begin(self, kind: Kind) -> str:
        fresh, version = listed(self.api, kind)
        with self.lock:
            self.changed |= self.fleet.replace(kind, fresh)
            self.listed.add(kind.name)
        return version

    def _stream(self, kind: Kind) -> None:
        """Follow one stream to its end."""
        began = time.monotonic()
        for event in self.api.watch(kind, kind.selector, self.versions[kind.name], self.stream):
            with self.lock:
                if event["type"] != "BOOKMARK" and (uid := self.fleet.note(kind, event)):
                    self.changed.add(uid)
            self.versions[kind.name] = str(event["object"]["metadata"]["resourceVersion"])
            if self.stopping.is_set():
                break
        if time.monotonic() - began < 1:
            self.stopping.wait(1)  # so that a server that ends every stream at once is not flooded

    # --- the thread that wakes hubs -----------------------------------------------------------------------------------
    def _wake(self) -> None:
        while not self.stopping.wait(GATHER):
            if len(self.listed) < len(FLEET):
                continue
            with self.lock:
                uids, self.changed = self.changed, set()
            if not uids:
                continue
            try:
                close_old_connections()
                with self.lock:
                    found, held = fleets.differing(self.cluster, self.fleet, uids)
                wake.look_again(found)
            except Exception:  # the database is unavailable: keep the changed hubs
                log.exception("watch %s: could not wake hubs", self.cluster.slug)
                held = uids
            with self.lock:
                self.changed |= held
        connections.close_all()
