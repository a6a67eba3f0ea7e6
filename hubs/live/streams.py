"""Streams of Server-Sent Events, for pages and for apps. Permissions are checked when a stream opens, and again after
`live.LONGEST` at the latest, when the client reconnects."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from hubs.internals import let_the_thread_go

from . import channel

EVENT_ID = re.compile(r"\d{1,20}-\d{1,20}")
CHANGED = "event: changed"
Tell = Callable[[str], Awaitable[str]]


def let_go() -> None:
    """Close the database connection: a stream lasts for minutes and must not keep it."""
    if not connection.in_atomic_block:
        connection.close()


async def _told(tell: Tell, event_id: str) -> str:
    """Return the event with its id, or without one if it is unknown (then clients can't resume from it)."""
    return (f"id: {event_id}\n" if event_id else "") + await tell(event_id)


async def _events(
    topics: frozenset[str], ends: frozenset[str], since: str, tell: Tell | None, owner: int | None, seconds: float
) -> AsyncGenerator[str]:
    await sync_to_async(let_go)()
    let_the_thread_go()
    if tell and not since:
        since = await sync_to_async(
            channel.position, thread_sensitive=False
        )()  # before the row: a change in between is sent again
        yield await _told(tell, since)
    source = channel.exchange.stream(topics, since, ends, owner, seconds)
    try:
        async for event in source:
            if tell and CHANGED in event:
                event = await _told(tell, event.partition("\n")[0].removeprefix("id: "))
            yield event
    finally:
        await source.aclose()  # the page was closed: stop listening now, not at garbage collection


async def answer(
    request: HttpRequest,
    topics_for: Callable[[Any], frozenset[str]],
    tell: Tell | None = None,
    ends: frozenset[str] = frozenset(),
    owner: int | None = None,
    seconds: float = channel.LONGEST,
) -> HttpResponseBase:
    """Return the stream of these topics, or 503 without a live channel (the page then polls). `topics_for` runs in a
    thread and raises Http404 or PermissionDenied without access. `tell` returns the event for an id that is sent
    instead of "changed", and once at the start. The stream ends when one of the topics `ends` is published (for pages:
    when the person's rights are reduced, or they are signed out everywhere), after `seconds`, and when the `owner` (pk
    of a person; by default the signed-in one) opens too many newer streams."""
    topics, user = await sync_to_async(lambda: (topics_for(request.user), request.user.pk))()
    ends = ends or frozenset({channel.rights_topic(user or 0)})
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(content_type="text/event-stream")
    elif not await channel.exchange.ready():
        response = HttpResponse("The live channel is not available.\n", status=503, content_type="text/plain")
    else:
        since = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
        events = _events(topics, ends, since if EVENT_ID.fullmatch(since) else "", tell, owner or user, seconds)
        response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # otherwise nginx buffers events until it has 4 KiB
    return response
