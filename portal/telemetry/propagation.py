"""Propagation of the request context from a page to the worker: ids, user name and origin are sent in a task's message
headers. Also logs and counts tasks, with their duration."""

import logging
import time
from pathlib import Path
from typing import Any

from celery import signals
from django.conf import settings

from hubs import request_context

from . import tracing

log = logging.getLogger("portal.tasks")
ID, CALLER, USER, ORIGIN = "portal_request_id", "portal_caller_id", "portal_user", "portal_origin"


@signals.before_task_publish.connect
def take_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is None:
        return
    if known := request_context.request_id.get():
        user = request_context.asked_by.get()()
        headers[ID], headers[CALLER], headers[USER] = known, request_context.caller_id.get(), user
        if user:
            seen = request_context.origin.get().of(user)
            headers[ORIGIN] = [seen.address, seen.browser, seen.via, seen.made_by]
    tracing.take_along(headers)


def _sent(told: Any) -> tuple[str, str, str, str]:
    """Return address, browser, credentials and their creator as `take_along` wrote them; empty strings if missing."""
    address, browser, via, made_by = (
        [str(one) for one in told] if isinstance(told, list) and len(told) == 4 else [""] * 4
    )
    return address, browser, via, made_by


@signals.task_prerun.connect
def unpack(task: Any = None, **_: Any) -> None:
    """Set the context from the message. A worker's thread runs one task after another, so old values are replaced."""
    came = task.request
    user = str(came.get(USER) or "")
    request_context.request_id.set(str(came.get(ID) or ""))
    request_context.caller_id.set(str(came.get(CALLER) or ""))
    request_context.asked_by.set(lambda: user)
    # A task that one person's click started may do work for others, too: the origin applies to this person only.
    request_context.origin.set(
        request_context.Origin(*_sent(came.get(ORIGIN)), only_for=user) if user else request_context.NOWHERE
    )
    came.portal_began = time.monotonic(), tracing.begin_task(task.name, came)


@signals.task_postrun.connect
def tell(task: Any = None, state: str | None = None, **_: Any) -> None:
    """Log and count a task: at INFO if a user caused it, at DEBUG if it was scheduled."""
    from hubs.live import counters  # imports models: not before Django is set up

    came = task.request
    began, span = came.portal_began
    took = time.monotonic() - began
    result = (state or "unknown").lower()
    span.end(task.name, failed=result == "failure")
    counters.TASKS.add(took, task.name, result)
    facts = {"task": task.name, "result": result, "duration_ms": round(took * 1000)}
    level = logging.INFO if came.get(USER) else logging.DEBUG
    log.log(level, "%s %s %d ms", task.name, result, took * 1000, extra={"facts": facts})
    request_context.request_id.set("")
    request_context.caller_id.set("")
    request_context.asked_by.set(request_context.nobody)
    request_context.origin.set(request_context.NOWHERE)


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Do nothing: with a listener, Celery leaves logging to settings.LOGGING."""


@signals.heartbeat_sent.connect
def alive(**_: Any) -> None:
    """Touch the file every two seconds while the worker is connected to its broker. A liveness probe checks its age."""
    if settings.ALIVE_FILE:
        Path(settings.ALIVE_FILE).touch()
