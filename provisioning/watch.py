"""The watcher: watches every cluster whose runtime reports changes. See provisioning.contract.Watched."""

import logging
import threading
from collections.abc import Callable
from typing import cast

from django.db import close_old_connections

from hubs.models import Cluster
from provisioning.contract import Watch, Watched
from provisioning.errors import RuntimeFault
from provisioning.runtimes import for_cluster

log = logging.getLogger(__name__)


class Watcher:
    """Watches all clusters. `refresh` follows the rows: it watches new clusters and uses new credentials."""

    def __init__(self) -> None:
        self.watches: dict[int, tuple[str, Watch]] = {}

    def refresh(self) -> None:
        rows = {cluster.pk: cluster for cluster in Cluster.objects.that_can("watched")}
        for pk in list(self.watches):
            if pk not in rows or self.watches[pk][0] != rows[pk].kubeconfig:
                self.watches.pop(pk)[1].stop()
        for pk, cluster in rows.items():
            if pk in self.watches:
                continue
            try:
                watch = cast(Watched, for_cluster(cluster)).watch(cluster)
            except RuntimeFault as fault:
                log.warning("cannot watch %s: %s", cluster.slug, fault.message)
                continue
            watch.start()
            self.watches[pk] = (cluster.kubeconfig, watch)

    def run(self, alive: Callable[[], None], stopping: threading.Event, every: float = 10.0) -> None:
        """Run until `stopping` is set. `alive` is called after each refresh."""
        while not stopping.is_set():
            try:
                close_old_connections()
                self.refresh()
                alive()
            except Exception:  # the database may be unavailable for a while: the streams continue
                log.exception("watcher")
            stopping.wait(every)
        for _, watch in self.watches.values():
            watch.stop()
