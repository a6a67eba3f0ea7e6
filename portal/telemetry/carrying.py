"""Who asked, from a page to the worker: the ids, the user name and the origin travel in a task's message headers. And
for how long a task ran."""

import logging
import time
from pathlib import Path
from typing import Any

from celery import signals
from django.conf import settings

from hubs import cause

from . import tracing

log = logging.getLogger("portal.tasks")
ID, CALLER, USER, ORIGIN = "portal_request_id", "portal_caller_id", "portal_user", "portal_origin"


@signals.before_task_publish.connect
def take_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is None:
        return
    if known := cause.request_id.get():
        user = cause.asked_by.get()()
        headers[ID], headers[CALLER], headers[USER] = known, cause.caller_id.get(), user
        if user:
            seen = cause.origin.get().of(user)
            headers[ORIGIN] = [seen.address, seen.browser, seen.via, seen.made_by]
    tracing.take_along(headers)


def _sent(told: Any) -> tuple[str, str, str, str]:
    """Address, browser, with what, and who made that: as `take_along` wrote them, or the version before, nothing."""
    address, browser, via, made_by = (
        [str(one) for one in told] if isinstance(told, list) and len(told) == 4 else [""] * 4
    )
    return address, browser, via, made_by


@signals.task_prerun.connect
def unpack(task: Any = None, **_: Any) -> None:
    """A thread of a worker serves one task after another: what the last one left behind goes."""
    came = task.request
    user = str(came.get(USER) or "")
    cause.request_id.set(str(came.get(ID) or ""))
    cause.caller_id.set(str(came.get(CALLER) or ""))
    cause.asked_by.set(lambda: user)
    # A task that one person's click woke does work of others, too: the origin is that of this person's acts alone.
    cause.origin.set(cause.Origin(*_sent(came.get(ORIGIN)), only_for=user) if user else cause.NOWHERE)
    came.portal_began = time.monotonic(), tracing.begin_task(task.name, came)


@signals.task_postrun.connect
def tell(task: Any = None, state: str | None = None, **_: Any) -> None:
    """A line for what somebody asked for; the clock's own work is told at LOG_LEVEL=DEBUG only."""
    from hubs.live import tally  # reads rows' modules: not before Django is there

    came = task.request
    began, span = came.portal_began
    took = time.monotonic() - began
    result = (state or "unknown").lower()
    span.end(task.name, failed=result == "failure")
    tally.TASKS.add(took, task.name, result)
    facts = {"task": task.name, "result": result, "duration_ms": round(took * 1000)}
    level = logging.INFO if came.get(USER) else logging.DEBUG
    log.log(level, "%s %s %d ms", task.name, result, took * 1000, extra={"facts": facts})
    cause.request_id.set("")
    cause.caller_id.set("")
    cause.asked_by.set(cause.nobody)
    cause.origin.set(cause.NOWHERE)


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """That somebody listens is enough: Celery then leaves the log to settings.LOGGING."""


@signals.heartbeat_sent.connect
def alive(**_: Any) -> None:
    """Every two seconds while the worker hears its broker. A probe looks how old the file is."""
    if settings.ALIVE_FILE:
        Path(settings.ALIVE_FILE).touch()
