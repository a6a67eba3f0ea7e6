"""Health checks for supervisors and operators."""

from datetime import timedelta

import pytest
import redis as redis_client
from django.db import DatabaseError, connection
from django.utils import timezone

from hubs.models import Hub
from portal.telemetry.measures import LAST_TICK
from tests.project.redis import redis_server

pytestmark = pytest.mark.processes


@pytest.fixture
def live(settings):
    with redis_server() as (url, server):
        settings.REDIS_URL = url
        yield server


def tick(url, seconds_ago):
    with redis_client.Redis.from_url(url) as client:
        client.set(LAST_TICK, (timezone.now() - timedelta(seconds=seconds_ago)).isoformat())


def test_alive_needs_nothing_else(as_):
    response = as_(None).get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response["Cache-Control"]
    assert as_(None).post("/healthz").status_code == 405


@pytest.mark.django_db
def test_ready_when_everything_answers(as_, live):
    tick(live.url, 1)
    response = as_(None).get("/readyz")
    body = response.json()
    assert response.status_code == 200
    assert body.pop("last_tick_seconds") == pytest.approx(1, abs=3)
    words = {"database": "ok", "redis": "ok", "workers": "ok", "queue": "ok"}
    assert body == words | {"queue_depth": 0, "queue_lag_seconds": 0.0}


@pytest.mark.django_db
def test_no_worker_yet(as_, live):
    response = as_(None).get("/readyz")
    assert response.status_code == 503
    assert response.json()["workers"] == "No worker has checked for due hubs yet. Are beat and a worker running?"


@pytest.mark.django_db
def test_late_workers(as_, live):
    tick(live.url, 120)
    response = as_(None).get("/readyz")
    assert response.status_code == 503
    assert response.json()["workers"].startswith("No worker has checked for due hubs for 12")


@pytest.mark.django_db
def test_redis_unreachable_and_back(as_, live):
    tick(live.url, 0)
    live.stop()
    response = as_(None).get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == "ok"
    assert response.json()["redis"] == "Redis does not respond. Pages work, but changes to hubs wait."
    assert live.url not in response.content.decode()
    live.start()
    tick(live.url, 0)
    assert as_(None).get("/readyz").status_code == 200


@pytest.mark.django_db
def test_database_unreachable(as_, live):
    def refuse(execute, sql, params, many, context):
        raise DatabaseError("password=secret")

    tick(live.url, 0)
    with connection.execute_wrapper(refuse):
        response = as_(None).get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == "The database does not respond."
    assert "secret" not in response.content.decode()


@pytest.mark.django_db
def test_a_hub_that_is_not_reconciled(as_, live, hub):
    tick(live.url, 0)
    assert as_(None).get("/readyz").status_code == 200
    Hub.objects.filter(pk=hub.pk).update(reconcile_after=timezone.now() - timedelta(minutes=5))
    response = as_(None).get("/readyz")
    assert response.status_code == 503
    assert response.json()["queue"].startswith("Hubs waiting for a worker: 1, the longest for 30")
    assert response.json()["queue_lag_seconds"] == pytest.approx(300, abs=20)
    Hub.objects.filter(pk=hub.pk).update(lease_until=timezone.now() + timedelta(minutes=1))
    assert as_(None).get("/readyz").status_code == 200, "a worker holds it"


@pytest.mark.django_db
def test_waiting_messages(as_, live):
    tick(live.url, 0)
    with redis_client.Redis.from_url(live.url) as client:
        client.lpush("celery", "one", "two")
    assert as_(None).get("/readyz").json()["queue_depth"] == 2
