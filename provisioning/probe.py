"""Looking into the images of the catalogue: a row that is asked for is looked at again and again, a few seconds apart,
until a runtime says what it found. The row is all that is kept, so that a lost message costs one tick."""

import hashlib
import json
import logging
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from hubs import images
from hubs.models import CatalogueImage, Cluster
from hubs.registry import image_name
from provisioning import prepare
from provisioning.contract import PROBE_SECONDS, Probe, Probed, Probes
from provisioning.errors import RuntimeFault, Transient
from provisioning.probed import environment, script
from provisioning.render.kubernetes.image_probe import render_probe
from provisioning.runtimes import for_cluster

log = logging.getLogger(__name__)
State = CatalogueImage.Probe
OPEN = (State.ASKED, State.RUNNING)
AT_ONCE = 3  # images that are looked into at a time in one cluster; the others wait
MOST = 50  # rows that wait, a tick
AGAIN = timedelta(seconds=60)  # between the end of one probe of an image and the beginning of the next
GIVEN_UP = timedelta(seconds=PROBE_SECONDS + 300)  # the cluster did not answer for so long


def waiting() -> list[int]:
    """Rows that a worker has to look at: those that run, then those that wait; what was never probed comes first."""
    rows = CatalogueImage.objects.order_by(F("probed_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)
    return [*rows.filter(probe_state=State.RUNNING), *rows.filter(probe_state=State.ASKED)[:MOST]]


def cluster_of(row: CatalogueImage) -> Cluster | None:
    """Where people will use it: the organisation's cluster; for the portal's images the first one that takes hubs, a
    real cluster before this machine."""
    if row.organization:
        return row.organization.cluster
    open_ones = Cluster.objects.filter(open=True).order_by("pk")
    found = sorted(open_ones, key=lambda one: one.runtime != Cluster.Runtime.KUBERNETES)
    return found[0] if found else None


def uid_of(row: CatalogueImage) -> str:
    """Of the probe of this row by this portal: a cluster may serve several portals."""
    return "p" + hashlib.sha256(f"{settings.PORTAL_URL} {row.pk}".encode()).hexdigest()[:11]


def look(pk: int) -> None:
    """One look. Begins the probe where it was only asked for."""
    row = CatalogueImage.objects.select_related("organization__cluster").filter(pk=pk, probe_state__in=OPEN).first()
    if row is None:
        return
    cluster = cluster_of(row)
    if cluster is None:
        _finish(row, Probed(False, "There is no cluster in which the image could be probed."))
        return
    try:
        runtime = cast(Probes, for_cluster(cluster))
    except RuntimeFault as fault:
        _finish(row, Probed(False, fault.message))
        return
    try:
        if row.probe_state == State.ASKED and not _begin(row, cluster, runtime):
            return
        found = runtime.probe(_wanted(row, cluster))
    except Transient as fault:
        log.info("probe of image %s: %s", row.pk, fault.message)
        if not (row.probe_state == State.RUNNING and row.probed_at and timezone.now() > row.probed_at + GIVEN_UP):
            CatalogueImage.objects.filter(pk=pk, probe_state__in=OPEN).update(probe_trouble=fault.message)
            return
        found = Probed(False, fault.message)
    except RuntimeFault as fault:
        found = Probed(False, fault.message)
    if found:
        _finish(row, found)
    if found or not CatalogueImage.objects.filter(pk=pk, probe_state__in=OPEN).exists():
        _end(runtime, row)  # or another worker was faster, or the row was changed, and this look made it again


def _begin(row: CatalogueImage, cluster: Cluster, runtime: Probes) -> bool:
    """Claim the row, when its turn has come. What an earlier probe left goes first, so that no old answer counts."""
    now = timezone.now()
    if row.probed_at and now < row.probed_at + AGAIN:
        return False
    running = CatalogueImage.objects.filter(probe_state=State.RUNNING).select_related("organization__cluster")
    if sum(cluster_of(one) == cluster for one in running) >= AT_ONCE:
        return False
    runtime.sweep_probes()
    runtime.end_probe(uid_of(row))
    mine = CatalogueImage.objects.filter(pk=row.pk, probe_state=State.ASKED)
    return bool(mine.update(probe_state=State.RUNNING, probed_at=now, probe_trouble=""))


def _wanted(row: CatalogueImage, cluster: Cluster) -> Probe:
    if cluster.runtime != Cluster.Runtime.KUBERNETES:
        return Probe(uid_of(row), row.full_name)
    facts = prepare.facts_of(cluster)
    return render_probe(uid_of(row), row.full_name, facts, script(), environment(), _pull(row))


def _pull(row: CatalogueImage) -> str:
    """The organisation's password for the registry of its own image. The portal's images are open to everybody."""
    if row.organization is None:
        return ""
    try:
        host = image_name(row.image, row.tag).host
    except ValueError:
        return ""
    login = row.organization.registry_logins.of_hosts({host}).first()
    if login is None:
        return ""
    found = {images.configuration_key(login.host): {"username": login.username, "password": login.password}}
    return json.dumps({"auths": found}, sort_keys=True)


def _finish(row: CatalogueImage, found: Probed) -> bool:
    """Write down what was found, unless the row means another image by now. Contents that are known stay where a probe
    could not look."""
    changes: dict[str, object] = {
        "probe_state": State.STARTS if found.starts else State.FAILS,
        "probe_trouble": "" if found.starts else found.trouble,
        "probed_at": timezone.now(),
    }
    changes |= found.contents.columns()
    if found.digest:
        changes["digest"] = found.digest
    same = CatalogueImage.objects.filter(pk=row.pk, probe_state__in=OPEN, image=row.image, tag=row.tag)
    return bool(same.update(**changes))


def _end(runtime: Probes, row: CatalogueImage) -> None:
    try:
        runtime.end_probe(uid_of(row))
    except RuntimeFault as fault:
        log.warning("the probe of image %s was not taken away; the sweep will (%s)", row.pk, fault.message)


def sweep() -> int:
    """End probes that were left behind by workers that were killed; how many."""
    ended = 0
    for cluster in Cluster.objects.order_by("pk"):
        try:
            ended += cast(Probes, for_cluster(cluster)).sweep_probes()
        except RuntimeFault as fault:
            log.warning("cluster %s: probes were not swept (%s)", cluster.slug, fault.message)
    return ended
