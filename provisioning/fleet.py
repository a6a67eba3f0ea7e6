"""Find the hubs of a cluster that changed, without a query per hub: a periodic fleet check and an event watcher.

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
    """Return the hubs that changed since they were last observed: (their ids, uids of those that a worker holds now,
    which have to be compared again later). `uids`: only these hubs. One query."""
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
    """Compare a cluster with its last observed state, wake the hubs that differ, and return their number.

    If the cluster does not respond, all hubs with status Ready are woken, so that none is wrongly shown as Ready.
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
