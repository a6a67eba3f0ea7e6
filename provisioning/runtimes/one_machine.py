"""Targets and releases of hubs on one machine, shared by LocalRuntime and MemoryRuntime. Each hub reserves ports of its
cluster's range."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from hubs.language import _
from hubs.models import Hub, HubPort
from provisioning import names
from provisioning.contract import Probe, Release, Target
from provisioning.errors import Refused
from provisioning.render import PortalSignIn, Wanted, render_local

PORTS = ("public", "api", "hub")


def _take_port(hub: Hub, purpose: str, is_free: Callable[[int], bool]) -> int:
    """Reserve the lowest free port of the cluster's range; the unique row is the lock. Raise Refused if there is
    none."""
    cluster = hub.cluster
    taken = set(HubPort.objects.filter(cluster=cluster).values_list("number", flat=True))
    for number in range(cluster.port_from, cluster.port_to + 1):
        if number in taken or not is_free(number):
            continue
        try:
            with transaction.atomic():
                HubPort.objects.create(cluster=cluster, number=number, hub=hub, purpose=purpose)
        except IntegrityError:
            mine = HubPort.objects.filter(hub=hub, purpose=purpose).first()
            if mine:
                return mine.number
            continue
        return number
    said = _("“{cluster}” can’t take another hub: all its ports are in use.", cluster=str(cluster))
    raise Refused(said, "NoPortLeft")


def target(hub: Hub, take: bool, is_free: Callable[[int], bool]) -> Target:
    """See contract.Kind.target."""
    ports = dict(hub.ports.values_list("purpose", "number")) if hub.pk else {}
    if take:
        ports |= {purpose: _take_port(hub, purpose, is_free) for purpose in PORTS if purpose not in ports}
    known = "public" in ports
    url = names.local_url(settings.LOCAL_HUB_ORIGIN, ports["public"], hub.slug) if known else hub.url
    return Target(hub.uid, hub.slug, url, ports)


def render(hub: Hub, where: Target, keys: Mapping[str, str], sign_in: PortalSignIn, wanted: Wanted) -> Release:
    """See contract.Kind.render."""
    restart = hub.restart_at.isoformat(timespec="seconds") if hub.restart_at else ""
    return render_local(where, hub.spec, keys, sign_in, wanted, restart)


def probe_of(uid: str, image: str, cluster: Any, pull: str) -> Probe:
    """See contract.Kind.probe_of. `pull` is not used: the machine's own software is tested."""
    return Probe(uid, image)
