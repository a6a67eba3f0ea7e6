"""What Celery runs of services: nothing but calls. A task may run twice, late, or never."""

from functools import partial

from celery import shared_task
from django.utils import timezone

from hubs import cause
from hubs.accounts.services import devices, sign_ins
from hubs.audit.services import events
from hubs.calendar.services import ending, reminders
from hubs.clusters import queries as operations
from hubs.clusters.services import clusters
from hubs.content.services import clones
from hubs.models import Cluster, StoredAnswer
from hubs.notify.services import notifying, outbox
from hubs.requests.services import tidying
from hubs.webhooks.services import deliveries, telling
from provisioning import places
from provisioning.places import place


@shared_task(name="portal.keep_dates", ignore_result=True)
def keep_dates() -> None:
    """Remind of hubs that end, suspend and retire what has ended."""
    cause.otherwise("calendar")
    ending.look(timezone.now())


@shared_task(name="portal.remind", ignore_result=True)
def remind() -> None:
    """Bring back to mind what waits, and make the daily mails whose hour has come."""
    cause.otherwise("reminders")
    reminders.look(timezone.now())
    if outbox.gather(timezone.now()):
        events.nudge(events.MAIL)


@shared_task(name="portal.tell", ignore_result=True)
def tell() -> None:
    """Hand out what happened to inbox, mail and webhooks."""
    cause.otherwise("events")
    if telling.hand_out(timezone.now()):
        events.nudge(events.MAIL)
        events.nudge(events.DELIVER)


@shared_task(name="portal.deliver", ignore_result=True)
def deliver() -> None:
    """Ask the addresses of webhooks that have something due."""
    cause.otherwise("webhooks")
    with place(places.outside(), "webhooks", partial(deliver.apply_async, expires=10)) as held:
        if held:
            deliveries.deliver()


@shared_task(name="portal.mail", ignore_result=True)
def mail() -> None:
    """Send the mails that are due."""
    cause.otherwise("mail")
    with place({"mail": 1}, "mail", partial(mail.apply_async, expires=15)) as held:  # a slow server holds one thread
        if held:
            outbox.send(timezone.now())


@shared_task(name="portal.forget", ignore_result=True)
def forget() -> None:
    """Delete what is kept for some days, weeks or months only."""
    now = timezone.now()
    telling.forget(now)
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
    """Have each cluster checked again whose last check is old; how many."""
    due = list(Cluster.objects.all().check_due(timezone.now()).values_list("pk", flat=True))
    for cluster_id in due:
        check_cluster.apply_async([cluster_id], expires=60)
    return len(due)


@shared_task(name="portal.check_cluster", ignore_result=True)
def check_cluster(cluster_id: int) -> None:
    """Ask one cluster all that hubs need of it: 15 s at most. One that fails gets no new hubs until it is well."""
    cause.otherwise("clock")
    if cluster := Cluster.objects.filter(pk=cluster_id).first():
        again = partial(check_cluster.apply_async, [cluster_id], expires=60)
        with place(places.of_cluster(cluster_id), ("check", cluster_id), again) as held:
            if held:
                clusters.record_check(cluster=cluster, findings=operations.check(cluster))
