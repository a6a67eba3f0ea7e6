"""Celery tasks, which only call other modules. Messages contain only ids; a task may run twice, late, or never."""

import logging
from functools import partial

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from hubs import request_context, wake
from hubs.live.connecting import opened
from hubs.models import CatalogueImage, Cluster, Hub
from hubs.outbound import within
from provisioning import domains, places, probe, user_limits
from provisioning import fleet as fleets
from provisioning.places import place
from provisioning.reconcile import reconcile

log = logging.getLogger(__name__)
MOST = 500  # hubs of a cluster per tick, oldest first; the next tick does the rest


@shared_task(name="provisioning.reconcile", ignore_result=True)
def reconcile_hub(hub_id: int) -> None:
    """Reconcile one hub."""
    request_context.otherwise(f"hub-{hub_id}")
    with place(places.of_hub(hub_id), hub_id, partial(wake.nudge, hub_id)) as held:
        if held:
            reconcile(hub_id)


@shared_task(name="provisioning.tick", ignore_result=True)
def tick() -> int:
    """Queue every hub that is due, in case its message was lost. Return their number."""
    with opened() as client:
        client.set("portal:last-tick", timezone.now().isoformat(), ex=3600)
    now, due = timezone.now(), []
    for cluster_id in Cluster.objects.order_by("pk").values_list(
        "pk", flat=True
    ):  # a cluster that hangs does not hide the hubs of others
        due += list(Hub.objects.filter(cluster_id=cluster_id).due(now).values_list("pk", flat=True)[:MOST])
    for hub_id in due:
        wake.nudge(hub_id)
    return len(due)


@shared_task(name="provisioning.fleet", ignore_result=True)
def fleet() -> None:
    """Queue a fleet check of every cluster that supports it."""
    for cluster_id in Cluster.objects.that_can("watched").values_list("pk", flat=True):
        check_fleet.apply_async([cluster_id], expires=settings.FLEET_SECONDS)


@shared_task(name="provisioning.check_fleet", ignore_result=True)
def check_fleet(cluster_id: int) -> None:
    """Compare a cluster with its last observed state: one list request per kind and page, for any number of hubs."""
    if cluster := Cluster.objects.filter(pk=cluster_id).first():
        again = partial(check_fleet.apply_async, [cluster_id], expires=settings.FLEET_SECONDS)
        with place(places.of_cluster(cluster_id), ("fleet", cluster_id), again) as held:
            if held:
                with within(settings.FLEET_SECONDS):
                    fleets.check(cluster)


@shared_task(name="provisioning.end_user_limits", ignore_result=True)
def end_user_limits() -> int:
    """Record which user limits have expired and return their number. They have already stopped to apply."""
    request_context.otherwise("clock")
    return user_limits.end_what_is_over(timezone.now())


@shared_task(name="provisioning.own_domains", ignore_result=True)
def own_domains() -> int:
    """Check the DNS records of custom domains that are due. Return their number."""
    request_context.otherwise("clock")
    with place(places.outside(), "own domains", partial(own_domains.apply_async, expires=60)) as held:
        return domains.look_again() if held else 0


@shared_task(name="provisioning.probe_image", ignore_result=True)
def probe_image(image_id: int) -> None:
    """Check a test of an image once. Start it if it was only requested."""
    request_context.otherwise(f"image-{image_id}")
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
    """Queue all running and waiting image tests and return their number. Only this schedules them: nothing is lost with
    a message, and no worker waits for an image."""
    due = probe.waiting()
    for image_id in due:
        wake.probe(image_id)
    return len(due)


@shared_task(name="provisioning.sweep", ignore_result=True)
def sweep() -> None:
    """Delete expired sessions and sign-in tokens, and abandoned image tests."""
    call_command("clearsessions")
    call_command("cleartokens")
    probe.sweep()
