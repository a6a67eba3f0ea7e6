"""What Prometheus reads at /metrics, and who may not."""

from datetime import timedelta

import pytest
import redis
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from hubs.live import connecting, counters
from hubs.models import ChangeRequest, Cluster, Event, Hub, Mail
from portal.telemetry import http_metrics, measures
from provisioning import timeline
from provisioning.reconcile import reconcile
from tests.project.redis import redis_server

pytestmark = [pytest.mark.django_db, pytest.mark.processes]
TOKEN = "0123456789abcdef0123456789abcdef"


def read(client=None, **extra):
    """Return (name, labels) -> value of every sample."""
    answer = (client or Client()).get("/metrics", **extra)
    assert answer.status_code == 200, answer.content
    families = text_string_to_metric_families(answer.content.decode())
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def value(samples, name, **labels):
    return samples.get((f"hubportal_{name}", frozenset(labels.items())))


@pytest.fixture
def broker(settings):
    with redis_server() as (url, server):
        settings.REDIS_URL = url
        connecting.breaker.reset()
        yield server


# --- permissions ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_this_machine_may_read_without_a_token(address):
    assert Client(REMOTE_ADDR=address).get("/metrics").status_code == 200


@pytest.mark.parametrize(
    "extra",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "unix:"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},  # a proxy on this machine
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=127.0.0.1"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_REAL_IP": "127.0.0.1"},
    ],
)
def test_other_addresses_are_refused(extra, as_, stan):
    for client in (Client(), as_(stan)):  # staff's session gives no access either
        answer = client.get("/metrics", **extra)
        assert answer.status_code == 403
        assert b"hubportal_hubs" not in answer.content


def test_networks_can_be_allowed(settings):
    settings.METRICS_FROM = ["10.2.0.0/16"]
    assert Client().get("/metrics", REMOTE_ADDR="10.2.3.4").status_code == 200
    assert Client().get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 403


def test_with_a_token_only_the_token_counts(settings):
    settings.METRICS_TOKEN = TOKEN
    assert Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    away = Client().get("/metrics", REMOTE_ADDR="192.0.2.7", headers={"Authorization": f"Bearer {TOKEN}"})
    assert away.status_code == 200
    for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": "Bearer ü"}):
        assert Client().get("/metrics", headers=given).status_code == 403


def test_it_is_read_only_and_works_under_any_host_name():
    assert Client().post("/metrics").status_code == 405
    assert Client().get("/metrics", HTTP_HOST="10.1.2.3:8000").status_code == 200


# --- the metrics ------------------------------------------------------------------------------------------------------
def test_rows_are_counted_at_each_scrape(hub, waiting, cluster, broker):
    old = timezone.now() - timedelta(hours=2)
    ChangeRequest.objects.filter(pk=waiting.pk).update(submitted_at=old)
    Hub.objects.filter(pk=hub.pk).update(reconcile_after=timezone.now() - timedelta(seconds=90))
    Cluster.objects.filter(pk=cluster.pk).update(healthy=False, checked_at=old)
    Event.objects.all().delete()
    Event.objects.create(type="hub.ready", subject="x", tries=3, at=old)
    Event.objects.create(type="hub.ready", subject="y")
    Mail.objects.create(kind=Mail.Kind.NOTICE, person=hub.created_by, made_at=old, attempts=2,
                        due_at=timezone.now() + timedelta(hours=1))  # fmt: skip
    Mail.objects.create(kind=Mail.Kind.NOTICE, person=hub.created_by, due_at=timezone.now() + timedelta(hours=1))
    samples = read()
    assert value(samples, "hubs", status="creating") == 1
    assert value(samples, "hubs", status="ready") == 0
    assert value(samples, "requests_waiting") == 1
    assert value(samples, "request_oldest_waiting_seconds") == pytest.approx(7200, abs=60)
    assert value(samples, "hubs_due") == 1
    assert value(samples, "queue_lag_seconds") == pytest.approx(90, abs=60)
    assert value(samples, "cluster_healthy", cluster="here") == 0
    assert value(samples, "cluster_checked_timestamp_seconds", cluster="here") == pytest.approx(old.timestamp())
    assert value(samples, "deliveries_waiting", kind="event") == 2
    assert value(samples, "deliveries_failing", kind="event") == 1
    assert value(samples, "delivery_oldest_seconds", kind="event") == pytest.approx(7200, abs=60)
    assert value(samples, "deliveries_waiting", kind="mail") == 1, "the other waits for the end of quiet hours"
    assert value(samples, "deliveries_failing", kind="mail") == 1


def test_queries_do_not_grow_with_a_hundred_hubs(hub, django_assert_num_queries):
    rows = [Hub(organization=hub.organization, cluster=hub.cluster, created_by=hub.created_by, slug=f"h-{n}", title="x",
                revision=hub.revision) for n in range(100)]  # fmt: skip
    Hub.objects.bulk_create(rows)
    with django_assert_num_queries(7):
        assert measures.rows(timezone.now()).hubs["creating"] == 101


def test_requests_are_counted_by_route_and_not_by_address(as_, ines, hub):
    labels = {"method": "GET", "route": "hub", "status": "200"}
    before = value(read(), "http_requests_total", **labels) or 0
    as_(ines).get(f"/hubs/{hub.uid}/")
    as_(ines).get("/no/such/page/")
    as_(None).generic("BREW", "/healthz")
    answer = as_(None).get("/metrics")
    assert hub.uid.encode() not in answer.content
    assert hub.slug.encode() not in answer.content
    samples = read()
    assert value(samples, "http_requests_total", **labels) == before + 1
    assert value(samples, "http_request_duration_seconds_count", method="GET", route="hub") >= before + 1
    assert value(samples, "http_requests_total", method="GET", route="none", status="404") >= 1
    assert value(samples, "http_requests_total", method="OTHER", route="healthz", status="405") >= 1
    assert ("BREW" in answer.content.decode()) is False


@pytest.mark.django_db(transaction=True)
def test_workers_count_their_work(hub, broker):
    reconcile(hub.pk)
    hub.refresh_from_db()
    run = hub.runs.get()
    timeline.finish(run, "succeeded")
    samples = read()
    assert value(samples, "reconcile_duration_seconds_count", result="working") == 1
    kind = {"kind": "create", "result": "succeeded"}
    assert value(samples, "run_duration_seconds_count", **kind) == 1
    assert value(samples, "run_duration_seconds_bucket", le="+Inf", **kind) == 1
    assert value(samples, "run_duration_seconds_sum", **kind) == pytest.approx(0, abs=60)


def test_histograms_have_cumulative_buckets(broker):
    for seconds in (0.005, 0.2, 0.2, 99.0):
        counters.TASKS.add(seconds, "provisioning.tick", "success")
    samples, labels = read(), {"task": "provisioning.tick", "state": "success"}
    counts = [value(samples, "task_duration_seconds_bucket", le=le, **labels) for le in ("0.01", "0.1", "0.25", "30.0")]
    assert counts == [1, 1, 3, 3]
    assert value(samples, "task_duration_seconds_bucket", le="+Inf", **labels) == 4
    assert value(samples, "task_duration_seconds_sum", **labels) == pytest.approx(99.405)


def test_queue_and_tick_are_read_from_redis(broker):
    at = timezone.now() - timedelta(seconds=30)
    with redis.Redis.from_url(broker.url) as client:
        client.lpush("celery", "message")
        client.set(measures.LAST_TICK, at.isoformat())
    samples = read()
    assert value(samples, "redis_up") == 1
    assert value(samples, "queue_depth") == 1
    assert value(samples, "last_tick_timestamp_seconds") == pytest.approx(at.timestamp())


def test_without_redis_all_other_metrics_are_shown(hub, broker):
    broker.stop()
    counters.TASKS.add(1.0, "provisioning.tick", "success")
    samples = read()
    assert value(samples, "redis_up") == 0
    assert value(samples, "last_tick_timestamp_seconds") is None
    assert value(samples, "hubs", status="creating") == 1


def test_without_the_database_all_other_metrics_are_shown(broker):
    def refuse(execute, sql, params, many, context):
        raise DatabaseError("password=hunter2")

    with connection.execute_wrapper(refuse):
        answer = Client().get("/metrics")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "hubportal_database_up 0.0" in text
    assert "hubportal_redis_up 1.0" in text
    assert "hubportal_hubs{" not in text
    assert "hunter2" not in text


def test_every_metric_has_a_description():
    http_metrics.count("GET", "home", 200, 0.1)
    families = list(text_string_to_metric_families(Client().get("/metrics").content.decode()))
    assert [one.name for one in families if one.name.startswith("hubportal_") and not one.documentation] == []
