"""How the portal is doing, as numbers: read by /readyz, /metrics and `manage.py doctor`. From rows and Redis, so that
every process answers the same; a constant number of queries, whatever there is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min, Q

from hubs.live.connecting import opened
from hubs.models import ChangeRequest, Cluster, Delivery, Event, Hub, Mail

LAST_TICK = "portal:last-tick"  # written by provisioning.tasks.tick
QUEUE = "celery"  # the list where Celery's messages wait
TICKS_LATE = 5  # so many missed ticks mean that beat or every worker is down
LAG_LATE = 60.0  # seconds that a hub may be due before somebody should look


@dataclass(frozen=True)
class Broker:
    """What Redis tells."""

    depth: int  # messages that wait for a worker
    last_tick: datetime | None

    def tick_age(self, now: datetime) -> float | None:
        return None if self.last_tick is None else (now - self.last_tick).total_seconds()


def broker() -> Broker:
    """Raises redis.RedisError, ValueError for an address that is none."""
    with opened(socket_timeout=1) as client:
        depth, last = client.pipeline(transaction=False).llen(QUEUE).get(LAST_TICK).execute()
    return Broker(int(depth), datetime.fromisoformat(last.decode()) if isinstance(last, bytes) else None)


def late_ticks() -> float:
    """Seconds without a tick after which something is wrong."""
    return TICKS_LATE * max(settings.TICK_SECONDS, 2)


@dataclass(frozen=True)
class Waiting:
    """Rows that wait for somebody: how many, how many of them were tried in vain, and for how long the oldest, in
    seconds."""

    count: int
    failing: int
    oldest: float


def _age(now: datetime, since: datetime | None) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0


def due(now: datetime) -> Waiting:
    """Hubs that a worker should look at now. `failing` is not known of them."""
    found = Hub.objects.all().due(now).order_by().aggregate(count=Count("pk"), oldest=Min("reconcile_after"))
    return Waiting(found["count"], 0, _age(now, found["oldest"]))


def _events(now: datetime) -> Waiting:
    found = Event.objects.filter(told_at=None).aggregate(
        count=Count("pk"), failing=Count("pk", filter=Q(tries__gt=0)), oldest=Min("at")
    )
    return Waiting(found["count"], found["failing"], _age(now, found["oldest"]))


def _webhooks(now: datetime) -> Waiting:
    """Of those that are not paused. A receiver that is away is its people's affair: `oldest` counts from when we were
    to ask it, so that it grows only where nobody asks."""
    rows = Delivery.objects.all().waiting().filter(webhook__paused_at=None)
    quiet = Q(webhook__quiet_until__gt=now)
    found = rows.aggregate(
        count=Count("pk"), failing=Count("pk", filter=~Q(problem="")),
        oldest=Min("due_at", filter=Q(due_at__lte=now) & ~quiet),
    )  # fmt: skip
    return Waiting(found["count"], found["failing"], _age(now, found["oldest"]))


def _mails(now: datetime) -> Waiting:
    """Those that should be out: not what waits for the end of somebody's quiet hours."""
    if settings.EMAIL_BACKEND == settings.NO_MAIL:
        return Waiting(0, 0, 0.0)
    late = Mail.objects.all().open().filter(Q(due_at__lte=now) | Q(attempts__gt=0))
    found = late.aggregate(count=Count("pk"), failing=Count("pk", filter=Q(attempts__gt=0)), oldest=Min("made_at"))
    return Waiting(found["count"], found["failing"], _age(now, found["oldest"]))


# What waits to be delivered, by the name of its outbox: one query each.
DELIVERIES: dict[str, Callable[[datetime], Waiting]] = {"event": _events, "mail": _mails, "webhook": _webhooks}


@dataclass(frozen=True)
class Rows:
    """What the database tells."""

    due: Waiting
    requests: Waiting  # that wait for staff
    hubs: dict[str, int]  # by status
    clusters: list[tuple[str, bool | None, datetime | None]]  # slug, healthy, checked
    deliveries: dict[str, Waiting] = field(default_factory=dict)


def rows(now: datetime) -> Rows:
    """Raises DatabaseError."""
    asked = ChangeRequest.objects.all().waiting().order_by().aggregate(count=Count("pk"), oldest=Min("submitted_at"))
    counted = dict(Hub.objects.order_by().values_list("status").annotate(Count("pk")))
    return Rows(
        due=due(now),
        requests=Waiting(asked["count"], 0, _age(now, asked["oldest"])),
        hubs={status.value: counted.get(status.value, 0) for status in Hub.Status},
        clusters=list(Cluster.objects.order_by("slug").values_list("slug", "healthy", "checked_at")),
        deliveries={name: count(now) for name, count in DELIVERIES.items()},
    )
