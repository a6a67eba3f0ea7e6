"""/metrics for Prometheus. Three sources, so that it is correct with any number of processes:

- the database, queried at each scrape: the same from each process (use max() over the web processes);
- Redis, where the workers count (hubs.live.counters): also the same from each process;
- this web process's own requests: different in each process (use sum()).
"""

import hmac
import ipaddress
import logging
from collections.abc import Iterator
from datetime import datetime

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, HistogramMetricFamily, Metric

from hubs import VERSION
from hubs.accounts.services import sign_ins
from hubs.live import counters
from hubs.live.channel import exchange
from hubs.models import SignIn

from . import http_metrics, measures

log = logging.getLogger(__name__)
# Requests with one of these headers were forwarded, so their address is that of a proxy.
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


# --- who may read -----------------------------------------------------------------------------------------------------
def may_read(request: HttpRequest) -> bool:
    """Return whether the request may read metrics: only with HUBPORTAL_METRICS_TOKEN if it is set, else directly from
    an address in HUBPORTAL_METRICS_FROM. Raise TooMany."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").encode()
        right = hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())
        if given and not right:
            sign_ins.wrong(how=SignIn.How.TOKEN)
        return right
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        asks = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(asks in ipaddress.ip_network(network, strict=False) for network in settings.METRICS_FROM)


# --- collectors -------------------------------------------------------------------------------------------------------
def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"hubportal_{name}", words, value=value)


def _by(name: str, words: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(f"hubportal_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _of_rows(now: datetime) -> Iterator[Metric]:
    try:
        rows = measures.rows(now)
    except DatabaseError as error:
        log.warning("no metrics from the database: %s", type(error).__name__)
        yield _gauge("database_up", "Whether the database responds.", 0)
        return
    yield _gauge("database_up", "Whether the database responds.", 1)
    yield _by("hubs", "Hubs by status.", "status", dict(rows.hubs))
    yield _gauge("hubs_due", "Hubs that are due for reconciliation.", rows.due.count)
    yield _gauge("queue_lag_seconds", "How long the longest-waiting due hub has waited.", rows.due.oldest)
    yield _gauge("requests_waiting", "Requests that need review by staff.", rows.requests.count)
    yield _gauge("request_oldest_waiting_seconds", "How long the oldest of them has waited.", rows.requests.oldest)
    told = rows.deliveries
    words = "Items that wait to be delivered, by outbox."
    yield _by("deliveries_waiting", words, "kind", {kind: one.count for kind, one in told.items()})
    words = "Items that wait to be delivered after a failed attempt, by outbox."
    yield _by("deliveries_failing", words, "kind", {kind: one.failing for kind, one in told.items()})
    words = "How long the oldest item has waited, by outbox."
    yield _by("delivery_oldest_seconds", words, "kind", {kind: one.oldest for kind, one in told.items()})
    healthy = {slug: float(ok) for slug, ok, _ in rows.clusters if ok is not None}
    yield _by("cluster_healthy", "Whether the last check of the cluster passed.", "cluster", healthy)
    checked = {slug: at.timestamp() for slug, _, at in rows.clusters if at}
    yield _by("cluster_checked_timestamp_seconds", "When the cluster was last checked.", "cluster", checked)


def _of_redis() -> Iterator[Metric]:
    try:
        broker, stored = measures.broker(), counters.stored()
    except (redis.RedisError, ValueError) as error:
        log.warning("no metrics from Redis: %s", type(error).__name__)
        yield _gauge("redis_up", "Whether Redis responds.", 0)
        return
    yield _gauge("redis_up", "Whether Redis responds.", 1)
    yield _gauge("queue_depth", "Messages that wait for a worker.", broker.depth)
    if broker.last_tick:
        words = "When a worker last checked for due hubs."
        yield _gauge("last_tick_timestamp_seconds", words, broker.last_tick.timestamp())
    for one in counters.ALL:
        family = HistogramMetricFamily(one.name, one.help, labels=one.labels)
        for values, (buckets, total) in one.read(stored).items():
            family.add_metric(values, buckets, total)
        yield family


class _Everybody:
    """Metrics that are the same in every process, collected at each scrape."""

    def describe(self) -> list[Metric]:
        return []  # else registering would query the database

    def collect(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("hubportal_info", "The version of the portal.", labels=["version"])
        info.add_metric([VERSION], 1)
        yield info
        yield _gauge("live_streams", "Open event streams of this process.", exchange.pages)
        yield from _of_rows(timezone.now())
        yield from _of_redis()


_everybody = CollectorRegistry()
_everybody.register(_Everybody())


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics in Prometheus's text format."""
    if not may_read(request):
        return HttpResponse("Metrics are for the operator’s Prometheus only.\n", status=403, content_type="text/plain")
    text = generate_latest(_everybody) + generate_latest(http_metrics.REGISTRY)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)
