"""Celery tasks that call services, and do nothing else. A task may run twice, late, or never."""

from functools import partial

from celery import shared_task
from django.utils import timezone

from hubs import request_context
from hubs.accounts.services import devices, sign_ins
from hubs.audit.services import events
from hubs.calendar.services import ending, reminders
from hubs.clusters import queries as operations
from hubs.clusters.services import clusters
from hubs.content.services import clones
from hubs.models import Cluster, StoredAnswer
from hubs.notify.services import notifying, outbox
from hubs.requests.services import tidying
from hubs.webhooks.services import deliveries, dispatch
from provisioning import places
from provisioning.places import place


@shared_task(name="portal.keep_dates", ignore_result=True)
def keep_dates() -> None:
    """Send reminders of hubs that end, and suspend and retire hubs that have ended."""
    request_context.otherwise("calendar")
    ending.look(timezone.now())


@shared_task(name="portal.remind", ignore_result=True)
def remind() -> None:
    """Send reminders of waiting requests, and create the daily mails that are due."""
    request_context.otherwise("reminders")
    reminders.look(timezone.now())
    if outbox.gather(timezone.now()):
        events.nudge(events.MAIL)


@shared_task(name="portal.tell", ignore_result=True)
def tell() -> None:
    """Dispatch events to inbox, mail and webhooks."""
    request_context.otherwise("events")
    if dispatch.hand_out(timezone.now()):
        events.nudge(events.MAIL)
        events.nudge(events.DELIVER)


@shared_task(name="portal.deliver", ignore_result=True)
def deliver() -> None:
    """Send due deliveries of webhooks."""
    request_context.otherwise("webhooks")
    with place(places.outside(), "webhooks", partial(deliver.apply_async, expires=10)) as held:
        if held:
            deliveries.deliver()


@shared_task(name="portal.mail", ignore_result=True)
def mail() -> None:
    """Send due mails."""
    request_context.otherwise("mail")
    with place({"mail": 1}, "mail", partial(mail.apply_async, expires=15)) as held:  # a slow server holds one thread
        if held:
            outbox.send(timezone.now())


@shared_task(name="portal.forget", ignore_result=True)
def forget() -> None:
    """Delete data whose retention time of days, weeks or months is over."""
    now = timezone.now()
    dispatch.forget(now)
    notifying.forget(now)
    outbox.forget(now)
    deliveries.forget(now)
    devices.forget(now)
    sign_ins.forget(now)
    tidying.forget(now)
    clones.forget(now)
    StoredAnswer.objects.all().over(now).delete()


@shared_task(name="portal.check_clusters", ignore_result=True)
def check_clusters() -> int:
    """Start a check of each cluster whose last check is old, and return how many."""
    due = list(Cluster.objects.all().check_due(timezone.now()).values_list("pk", flat=True))
    for cluster_id in due:
        check_cluster.apply_async([cluster_id], expires=60)
    return len(due)


@shared_task(name="portal.check_cluster", ignore_result=True)
def check_cluster(cluster_id: int) -> None:
    """Check everything that hubs need from one cluster, for at most 15 s. A failing cluster gets no new hubs."""
    request_context.otherwise("clock")
    if cluster := Cluster.objects.filter(pk=cluster_id).first():
        again = partial(check_cluster.apply_async, [cluster_id], expires=60)
        with place(places.of_cluster(cluster_id), ("check", cluster_id), again) as held:
            if held:
                clusters.record_check(cluster=cluster, findings=operations.check(cluster))
