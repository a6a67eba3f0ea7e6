"""Are we alive, can we work? For supervisors, load balancers and operators; open, and without secrets."""

import logging
from datetime import UTC, datetime
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)
LAST_TICK = "portal:last-tick"  # written by provisioning.tasks.tick
TICKS_LATE = 5  # so many missed ticks mean that beat or every worker is down


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Says nothing about what it needs: restarting it would not bring Redis back."""
    return HttpResponse("ok\n", content_type="text/plain")


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("database does not answer: %s", error)
        return "The database does not answer."
    return ""


def _redis_and_tick() -> tuple[str, str, float | None]:
    """Problem with Redis, problem with the ticks ("" when there is none), age of the last tick in seconds."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
            last = client.get(LAST_TICK)
    except (redis.RedisError, ValueError) as error:
        log.warning("Redis does not answer: %s", type(error).__name__)
        return "Redis does not answer. Pages work; changes of hubs wait.", "", None
    if not isinstance(last, bytes):
        return "", "No worker has looked for due hubs yet. Is beat running, and a worker?", None
    age = (datetime.now(UTC) - datetime.fromisoformat(last.decode())).total_seconds()
    late = age > TICKS_LATE * max(settings.TICK_SECONDS, 2)
    return "", f"No worker has looked for due hubs for {age:.0f} s." if late else "", round(age, 1)


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when everything that the portal needs answers, else 503 with a sentence for each part that does not."""
    database = _database()
    broker, tick, age = _redis_and_tick()
    problems = {"database": database, "redis": broker, "workers": tick or (broker and "Unknown without Redis.")}
    body: dict[str, Any] = {name: problem or "ok" for name, problem in problems.items()}
    body["last_tick_seconds"] = age
    return JsonResponse(body, status=503 if any(problems.values()) else 200)
