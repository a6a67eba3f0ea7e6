"""What Celery runs: nothing but calls. Messages carry ids only; a task may run twice, late, or never."""

import logging

import redis
from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from hubs import audit, wake
from hubs.models import Hub
from provisioning.reconcile import reconcile

log = logging.getLogger(__name__)
MOST = 500  # hubs a tick; the oldest come first, the rest with the next tick


@shared_task(name="provisioning.reconcile", ignore_result=True)
def reconcile_hub(hub_id: int) -> None:
    """Look at one hub."""
    audit.request_id.set(f"hub-{hub_id}")
    reconcile(hub_id)


@shared_task(name="provisioning.tick", ignore_result=True)
def tick() -> int:
    """Nudge every hub that is due: the safety net under every lost message. Returns how many."""
    with redis.Redis.from_url(settings.REDIS_URL, **settings.REDIS_OPTIONS) as client:
        client.set("portal:last-tick", timezone.now().isoformat(), ex=3600)
    due = list(Hub.objects.all().due(timezone.now()).values_list("pk", flat=True)[:MOST])
    for hub_id in due:
        wake.nudge(hub_id)
    return len(due)


@shared_task(name="provisioning.sweep", ignore_result=True)
def sweep() -> None:
    """Throw away what has ended: sessions and sign-in tokens."""
    call_command("clearsessions")
    call_command("cleartokens")
