"""Tests of images in the catalogue. A requested test is checked every few seconds until a runtime returns the result.
All state is in the row, so that a lost message costs one tick."""

import hashlib
import json
import logging
from collections import Counter
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from hubs.images.queries import registries as images
from hubs.language import _
from hubs.models import CatalogueImage, Cluster
from hubs.outbound.registry import image_name
from provisioning.contract import PROBE_SECONDS, Probe, Probed, Probes, unknown
from provisioning.errors import RuntimeFault, Transient
from provisioning.runtimes import for_cluster, kind_of

log = logging.getLogger(__name__)
State = CatalogueImage.Probe
OPEN = (State.ASKED, State.RUNNING)
AT_ONCE = 3  # concurrent tests in one cluster; others wait
MOST = 10  # waiting rows per tick, for the portal and for each cluster's organisations
AGAIN = timedelta(seconds=60)  # between the end of one test of an image and the start of the next
GIVEN_UP = timedelta(seconds=PROBE_SECONDS + 300)  # the maximum duration, whatever the cluster does


def waiting() -> list[int]:
    """Return the rows to process: running tests, then waiting ones, images without a test first. A cluster that does
    not respond does not delay the rows of others."""
    rows = CatalogueImage.objects.order_by(F("probed_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)
    found, taken = list(rows.filter(probe_state=State.RUNNING)), Counter[int | None]()
    for pk, place in rows.filter(probe_state=State.ASKED).values_list("pk", "organization__cluster"):
        taken[place] += 1
        if taken[place] <= MOST:
            found.append(pk)
    return found


def cluster_of(row: CatalogueImage) -> Cluster | None:
    """Return the cluster for the test: the organisation's; for the portal's images the first one that accepts hubs,
    preferably one that pulls images."""
    if row.organization:
        return row.organization.cluster
    open_ones = Cluster.objects.filter(open=True).order_by("pk")
    found = sorted(open_ones, key=lambda one: not one.can.images)
    return found[0] if found else None


def uid_of(row: CatalogueImage) -> str:
    """Return the test's uid, which is unique to this row and portal: a cluster can serve several portals."""
    return "p" + hashlib.sha256(f"{settings.PORTAL_URL} {row.pk}".encode()).hexdigest()[:11]


def look(pk: int) -> None:
    """Check a test once. Start it if it was only requested."""
    row = CatalogueImage.objects.select_related("organization__cluster").filter(pk=pk, probe_state__in=OPEN).first()
    if row is None:
        return
    cluster = cluster_of(row)
    if cluster is None:
        _finish(row, unknown(_("There is no cluster in which the image can be tested.")))
        return
    try:
        runtime = cast(Probes, for_cluster(cluster))
    except RuntimeFault as fault:
        _finish(row, unknown(fault.message))
        return
    late = _(
        "The test did not finish within {minutes} minutes. Test the image again later.",
        minutes=f"{GIVEN_UP.total_seconds() / 60:.0f}",
    )
    try:
        if row.probe_state == State.ASKED and not _begin(row, cluster, runtime):
            return
        found = runtime.probe(_wanted(row, cluster))
    except Transient as fault:
        log.info("test of image %s: %s", row.pk, fault.message)
        CatalogueImage.objects.filter(pk=pk, probe_state__in=OPEN).update(probe_trouble=fault.message)
        found, late = None, fault.message
    except RuntimeFault as fault:
        found = unknown(fault.message)
    if found is None and _given_up(row):
        found = unknown(late)
    if found:
        _finish(row, found)
    if found or not CatalogueImage.objects.filter(pk=pk, probe_state__in=OPEN).exists():
        _end(runtime, row)  # or another worker was faster, or the row was changed and this pass created it again


def _given_up(row: CatalogueImage) -> bool:
    since = row.probed_at if row.probe_state == State.RUNNING else None
    return since is not None and timezone.now() > since + GIVEN_UP


def _begin(row: CatalogueImage, cluster: Cluster, runtime: Probes) -> bool:
    """Claim the row if a test may start. First remove remains of an earlier one, so that no old result is used."""
    now = timezone.now()
    if row.probed_at and now < row.probed_at + AGAIN:
        return False
    running = CatalogueImage.objects.filter(probe_state=State.RUNNING).select_related("organization__cluster")
    if row.organization and any(one.organization == row.organization for one in running):
        return False  # one at a time, so that no organisation uses the whole capacity
    if sum(cluster_of(one) == cluster for one in running) >= AT_ONCE:
        return False
    runtime.sweep_probes()
    runtime.end_probe(uid_of(row))
    mine = CatalogueImage.objects.filter(pk=row.pk, probe_state=State.ASKED)
    return bool(mine.update(probe_state=State.RUNNING, probed_at=now, probe_trouble=""))


def _wanted(row: CatalogueImage, cluster: Cluster) -> Probe:
    return kind_of(cluster).probe_of(uid_of(row), row.full_name, cluster, _pull(row))


def _pull(row: CatalogueImage) -> str:
    """Return the organisation's login for the registry of its image, or "". The portal's images are public."""
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
    """Save the result, unless the row has another image by now. If the image could not be tested, the earlier result
    stays; known contents always stay."""
    verdict = State.STARTS if found.starts else State.FAILS
    why = found.trouble
    if row.probe_before and not found.known:
        why = _("The image could not be tested this time. {why}", why=why)
    changes: dict[str, object] = {
        "probe_state": verdict if found.known else row.probe_before,
        "probe_trouble": "" if found.starts else why,
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
        log.warning("the test of image %s was not removed; the sweep will remove it (%s)", row.pk, fault.message)


def sweep() -> int:
    """Remove tests that were left behind by killed workers. Return their number."""
    ended = 0
    for cluster in Cluster.objects.order_by("pk"):
        try:
            ended += cast(Probes, for_cluster(cluster)).sweep_probes()
        except RuntimeFault as fault:
            log.warning("cluster %s: old image tests were not removed (%s)", cluster.slug, fault.message)
    return ended
