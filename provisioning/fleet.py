"""Which hubs of a cluster need a look, without asking for each: a fleet check by the clock, and a watcher by events.

Both only wake hubs. `reconcile` finds out what happened.
"""

import logging
from typing import cast

from django.db.models import Q
from django.utils import timezone

from hubs import wake
from hubs.models import Cluster, Hub
from provisioning.contract import Fleet, Watched
from provisioning.errors import RuntimeFault
from provisioning.runtimes import for_cluster

log = logging.getLogger(__name__)


def differing(cluster: Cluster, fleet: Fleet, uids: set[str] | None = None) -> tuple[list[int], set[str]]:
    """Hubs that are not as they were when somebody last looked: (ids of those, uids of those that a worker holds now,
    so that one has to ask again). `uids`: only among these. One query."""
    there = fleet.uids()
    rows = cluster.hubs.filter(~Q(desired_state=Hub.Desired.RETIRED) | Q(retired_at=None) | Q(uid__in=there))
    rows = rows.filter(scheduled=False)
    if uids is not None:
        rows = rows.filter(uid__in=uids)
    now = timezone.now()
    found, held = [], set()
    for pk, uid, fingerprint, lease_until in rows.values_list("pk", "uid", "fingerprint", "lease_until"):
        if fleet.fingerprint(uid) != fingerprint:
            if lease_until and lease_until > now:
                held.add(uid)
            else:
                found.append(pk)
    return found, held


def check(cluster: Cluster) -> int:
    """Compare a whole cluster with what was last seen, and wake what differs; returns how many hubs that is.

    A cluster that does not answer: every hub that was seen to work is looked at, so that none is called Ready.
    """
    if not cluster.can.watched:
        return 0
    runtime = cast(Watched, for_cluster(cluster))
    try:
        fleet = runtime.fleet()
    except RuntimeFault as fault:
        log.warning("cluster %s: %s", cluster.slug, fault.message)
        return wake.look_again(cluster.hubs.filter(status=Hub.Status.READY).values_list("pk", flat=True))
    found, _ = differing(cluster, fleet)
    unknown = cluster.hubs.filter(status=Hub.Status.UNKNOWN).values_list("pk", flat=True)
    Cluster.objects.filter(pk=cluster.pk).update(fleet_checked_at=timezone.now())
    return wake.look_again({*found, *unknown})
