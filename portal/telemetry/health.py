"""Liveness and readiness, for supervisors, load balancers and operators. Public, and without secrets."""

import logging
from typing import Any

import redis
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import measures

log = logging.getLogger(__name__)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 while the process runs. Dependencies are not checked: a restart would not bring Redis back."""
    return HttpResponse("ok\n", content_type="text/plain")


def _database() -> tuple[str, measures.Waiting | None]:
    """Return the problem with the database, or "", and the due hubs (None if they can't be counted)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("the database does not respond: %s", error)
        return "The database does not respond.", None
    try:
        return "", measures.due(timezone.now())
    except DatabaseError as error:
        log.warning("the database lacks tables: %s", error)
        return "The database responds, but tables are missing. Run manage.py migrate.", None


def _broker() -> tuple[str, measures.Broker | None]:
    try:
        return "", measures.broker()
    except (redis.RedisError, ValueError) as error:
        log.warning("Redis does not respond: %s", type(error).__name__)
        return "Redis does not respond. Pages work, but changes to hubs wait.", None


def _tick(age: float | None) -> str:
    if age is None:
        return "No worker has checked for due hubs yet. Are beat and a worker running?"
    return f"No worker has checked for due hubs for {age:.0f} s." if age > measures.late_ticks() else ""


def _queue(due: measures.Waiting | None) -> str:
    if due is None:
        return "Unknown without the database."
    if due.oldest <= measures.LAG_LATE:
        return ""
    return f"Hubs waiting for a worker: {due.count}, the longest for {due.oldest:.0f} s. Are there enough workers?"


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 if every dependency responds, else 503 with a sentence for each one that does not."""
    database, due = _database()
    broker, told = _broker()
    age = told.tick_age(timezone.now()) if told else None
    problems = {
        "database": database,
        "redis": broker,
        "workers": _tick(age) if told else "Unknown without Redis.",
        "queue": _queue(due),
    }
    body: dict[str, Any] = {name: problem or "ok" for name, problem in problems.items()}
    body["last_tick_seconds"] = None if age is None else round(age, 1)
    body["queue_depth"] = told.depth if told else None
    body["queue_lag_seconds"] = None if due is None else round(due.oldest, 1)
    return JsonResponse(body, status=503 if any(problems.values()) else 200)
