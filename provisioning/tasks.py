"""What Celery runs: nothing but calls. Messages carry ids only; a task may run twice, late, or never."""

import logging
from functools import partial

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from hubs import cause, wake
from hubs.live.connecting import opened
from hubs.models import CatalogueImage, Cluster, Hub
from hubs.outbound import within
from provisioning import domains, places, probe, user_limits
from provisioning import fleet as fleets
from provisioning.places import place
from provisioning.reconcile import reconcile

log = logging.getLogger(__name__)
MOST = 500  # hubs of a cluster a tick; the oldest come first, the rest with the next tick


@shared_task(name="provisioning.reconcile", ignore_result=True)
def reconcile_hub(hub_id: int) -> None:
    """Look at one hub."""
    cause.otherwise(f"hub-{hub_id}")
    with place(places.of_hub(hub_id), hub_id, partial(wake.nudge, hub_id)) as held:
        if held:
            reconcile(hub_id)


@shared_task(name="provisioning.tick", ignore_result=True)
def tick() -> int:
    """Nudge every hub that is due: the safety net under every lost message. Returns how many."""
    with opened() as client:
        client.set("portal:last-tick", timezone.now().isoformat(), ex=3600)
    now, due = timezone.now(), []
    for cluster_id in Cluster.objects.order_by("pk").values_list("pk", flat=True):  # one that hangs hides no other's
        due += list(Hub.objects.filter(cluster_id=cluster_id).due(now).values_list("pk", flat=True)[:MOST])
    for hub_id in due:
        wake.nudge(hub_id)
    return len(due)


@shared_task(name="provisioning.fleet", ignore_result=True)
def fleet() -> None:
    """Have every cluster that tells of all its hubs compared with what was last seen there."""
    for cluster_id in Cluster.objects.that_can("watched").values_list("pk", flat=True):
        check_fleet.apply_async([cluster_id], expires=settings.FLEET_SECONDS)


@shared_task(name="provisioning.check_fleet", ignore_result=True)
def check_fleet(cluster_id: int) -> None:
    """One list a kind and page, whatever the number of hubs."""
    if cluster := Cluster.objects.filter(pk=cluster_id).first():
        again = partial(check_fleet.apply_async, [cluster_id], expires=settings.FLEET_SECONDS)
        with place(places.of_cluster(cluster_id), ("fleet", cluster_id), again) as held:
            if held:
                with within(settings.FLEET_SECONDS):
                    fleets.check(cluster)


@shared_task(name="provisioning.end_user_limits", ignore_result=True)
def end_user_limits() -> int:
    """Write down which user limits are over; how many. They stopped to count at their moment, this only tells."""
    cause.otherwise("clock")
    return user_limits.end_what_is_over(timezone.now())


@shared_task(name="provisioning.own_domains", ignore_result=True)
def own_domains() -> int:
    """Look at the records of organisations' own names that are due; how many."""
    cause.otherwise("clock")
    with place(places.outside(), "own domains", partial(own_domains.apply_async, expires=60)) as held:
        return domains.look_again() if held else 0


@shared_task(name="provisioning.probe_image", ignore_result=True)
def probe_image(image_id: int) -> None:
    """Look once at a probe of an image, and begin it where it was only asked for."""
    cause.otherwise(f"image-{image_id}")
    row = CatalogueImage.objects.select_related("organization__cluster").filter(pk=image_id).first()
    if row is None or (cluster := probe.cluster_of(row)) is None:
        limits = places.outside()
    else:
        limits = places.of_cluster(cluster.pk)
    with place(limits, ("image", image_id), partial(wake.probe, image_id)) as held:
        if held:
            probe.look(image_id)


@shared_task(name="provisioning.probes", ignore_result=True)
def probes() -> int:
    """Have every probe looked at that runs or waits; how many. There is no other clock: nothing is lost with a message,
    and no worker waits for an image."""
    due = probe.waiting()
    for image_id in due:
        wake.probe(image_id)
    return len(due)


@shared_task(name="provisioning.sweep", ignore_result=True)
def sweep() -> None:
    """Throw away what has ended: sessions, sign-in tokens, and probes of images that nobody came back for."""
    call_command("clearsessions")
    call_command("cleartokens")
    probe.sweep()
