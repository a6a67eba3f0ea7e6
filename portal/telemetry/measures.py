"""Measurements of the portal's health, for /readyz, /metrics and `manage.py doctor`. Read from the database and Redis,
so that every process reports the same; with a constant number of queries."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min, Q

from hubs.live.connecting import opened
from hubs.models import ChangeRequest, Cluster, Delivery, Event, Hub, Mail

LAST_TICK = "portal:last-tick"  # written by provisioning.tasks.tick
QUEUE = "celery"  # Redis list of Celery's waiting messages
TICKS_LATE = 5  # missed ticks that mean that beat or all workers are down
LAG_LATE = 60.0  # seconds that a hub may be due before this is reported


@dataclass(frozen=True)
class Broker:
    """Measurements from Redis."""

    depth: int  # messages that wait for a worker
    last_tick: datetime | None

    def tick_age(self, now: datetime) -> float | None:
        return None if self.last_tick is None else (now - self.last_tick).total_seconds()


def broker() -> Broker:
    """Return the measurements from Redis. Raise redis.RedisError, or ValueError for an invalid URL."""
    with opened(socket_timeout=1) as client:
        depth, last = client.pipeline(transaction=False).llen(QUEUE).get(LAST_TICK).execute()
    return Broker(int(depth), datetime.fromisoformat(last.decode()) if isinstance(last, bytes) else None)


def late_ticks() -> float:
    """Return the seconds without a tick that are reported as a problem."""
    return TICKS_LATE * max(settings.TICK_SECONDS, 2)


@dataclass(frozen=True)
class Waiting:
    """Waiting rows: how many, how many of them had a failed attempt, and how long the oldest has waited, in seconds."""

    count: int
    failing: int
    oldest: float


def _age(now: datetime, since: datetime | None) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0


def due(now: datetime) -> Waiting:
    """Return the hubs that are due for reconciliation. `failing` is always 0."""
    found = Hub.objects.all().due(now).order_by().aggregate(count=Count("pk"), oldest=Min("reconcile_after"))
    return Waiting(found["count"], 0, _age(now, found["oldest"]))


def _events(now: datetime) -> Waiting:
    found = Event.objects.filter(told_at=None).aggregate(
        count=Count("pk"), failing=Count("pk", filter=Q(tries__gt=0)), oldest=Min("at")
    )
    return Waiting(found["count"], found["failing"], _age(now, found["oldest"]))


def _webhooks(now: datetime) -> Waiting:
    """Return deliveries of webhooks that are not paused. `oldest` counts from the time that an attempt was due, outside
    back-off, so that it grows only if no worker sends, not if a receiver is down."""
    rows = Delivery.objects.all().waiting().filter(webhook__paused_at=None)
    quiet = Q(webhook__quiet_until__gt=now)
    found = rows.aggregate(
        count=Count("pk"), failing=Count("pk", filter=~Q(problem="")),
        oldest=Min("due_at", filter=Q(due_at__lte=now) & ~quiet),
    )  # fmt: skip
    return Waiting(found["count"], found["failing"], _age(now, found["oldest"]))


def _mails(now: datetime) -> Waiting:
    """Return the mails that are due or had a failed attempt, without those that wait for the end of quiet hours."""
    if settings.EMAIL_BACKEND == settings.NO_MAIL:
        return Waiting(0, 0, 0.0)
    late = Mail.objects.all().open().filter(Q(due_at__lte=now) | Q(attempts__gt=0))
    found = late.aggregate(count=Count("pk"), failing=Count("pk", filter=Q(attempts__gt=0)), oldest=Min("made_at"))
    return Waiting(found["count"], found["failing"], _age(now, found["oldest"]))


# Waiting deliveries by the name of their outbox: one query each.
DELIVERIES: dict[str, Callable[[datetime], Waiting]] = {"event": _events, "mail": _mails, "webhook": _webhooks}


@dataclass(frozen=True)
class Rows:
    """Measurements from the database."""

    due: Waiting
    requests: Waiting  # that need review by staff
    hubs: dict[str, int]  # by status
    clusters: list[tuple[str, bool | None, datetime | None]]  # slug, healthy, checked
    deliveries: dict[str, Waiting] = field(default_factory=dict)


def rows(now: datetime) -> Rows:
    """Return the measurements from the database. Raise DatabaseError."""
    asked = ChangeRequest.objects.all().waiting().order_by().aggregate(count=Count("pk"), oldest=Min("submitted_at"))
    counted = dict(Hub.objects.order_by().values_list("status").annotate(Count("pk")))
    return Rows(
        due=due(now),
        requests=Waiting(asked["count"], 0, _age(now, asked["oldest"])),
        hubs={status.value: counted.get(status.value, 0) for status in Hub.Status},
        clusters=list(Cluster.objects.order_by("slug").values_list("slug", "healthy", "checked_at")),
        deliveries={name: count(now) for name, count in DELIVERIES.items()},
    )
