"""The live channel: "something changed there, look again". One Redis stream; its ids make a connection resumable.

Nothing that is secret travels here: a page that hears of a change re-fetches through its view and its permission check.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from functools import lru_cache

import redis
import redis.asyncio
from django.conf import settings
from django.db import transaction

from hubs.models import ChangeRequest, Hub

log = logging.getLogger(__name__)
STREAM = "portal:live"
KEPT = 5000  # events; a page that was away for longer just looks again
KEEP_ALIVE = 15.0  # seconds; proxies close what is silent
LONGEST = 600.0  # seconds; then the browser comes back, and is asked again who it is


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1.0)


def publish(topics: list[str]) -> None:
    """Say that these changed. Never raises: without Redis pages poll."""
    try:
        _client(settings.REDIS_URL).xadd(STREAM, {"topics": json.dumps(topics)}, maxlen=KEPT, approximate=True)
    except redis.RedisError as error:
        log.warning("could not publish a change (%s); pages poll", type(error).__name__)


def position() -> str:
    """Id of the newest event, for a page to listen from; "" without Redis (the page then polls). Read it before the
    rows: what changes in between is then heard of once too often, never once too little."""
    try:
        newest = _client(settings.REDIS_URL).xrevrange(STREAM, count=1)
    except redis.RedisError:
        return ""
    return newest[0][0].decode() if newest else "0-0"  # type: ignore[union-attr]


def topics_of(*, hub: Hub | None = None, request: ChangeRequest | None = None) -> list[str]:
    topics = ["staff"]
    if hub:
        topics += [f"hub:{hub.pk}", f"organization:{hub.organization_id}"]
    if request:
        topics += [f"request:{request.pk}", f"organization:{request.organization_id}", f"person:{request.requester_id}"]
    return topics


def changed_on_commit(*, hub: Hub | None = None, request: ChangeRequest | None = None) -> None:
    topics = topics_of(hub=hub, request=request)
    transaction.on_commit(lambda: publish(topics))


class Exchange:
    """One reader of the stream a process, handing events to any number of open pages. Slow pages miss nothing that
    matters: each has one flag, not a queue, because "look again" twice is "look again"."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Event, frozenset[str]] = {}
        self._last = "$"
        self._reader: asyncio.Task[None] | None = None
        self.connected = False

    async def _read(self) -> None:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1)
        try:
            while self._waiting:
                try:
                    if self._last == "$":
                        newest = await client.xrevrange(STREAM, count=1)
                        self._last = newest[0][0].decode() if newest else "0-0"
                    self.connected = True
                    for _, events in await client.xread({STREAM: self._last}, block=2000, count=500) or []:
                        self._hand_out(events)
                except (redis.RedisError, OSError):
                    self.connected = False
                    await asyncio.sleep(1)
        finally:
            self.connected = False
            await client.aclose()

    def _hand_out(self, events: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
        told: set[str] = set()
        for event_id, fields in events:
            self._last = event_id.decode()
            told.update(json.loads(fields[b"topics"]))
        for flag, topics in self._waiting.items():
            if topics & told:
                flag.set()

    async def _missed(self, since: str, topics: frozenset[str]) -> bool:
        """Did one of the topics change after the event `since`?"""
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2)
        try:
            events = await client.xrange(STREAM, min=f"({since}", count=KEPT)
            return any(topics & set(json.loads(fields[b"topics"])) for _, fields in events)
        except (redis.RedisError, ValueError):
            return True  # cannot tell: looking once too often is cheap
        finally:
            await client.aclose()

    async def stream(self, topics: frozenset[str], since: str = "") -> AsyncIterator[str]:
        """Server-Sent Events for a page: "changed" with the id to resume from."""
        flag = asyncio.Event()
        self._waiting[flag] = topics
        if self._reader is None or self._reader.done():
            self._last = "$"
            self._reader = asyncio.create_task(self._read())
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST
        try:
            yield "retry: 2000\n\n"
            if since and await self._missed(since, topics):
                yield "event: changed\ndata: {}\n\n"
            while loop.time() < end:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(flag.wait(), KEEP_ALIVE)
                if flag.is_set():
                    flag.clear()
                    yield f"id: {self._last}\nevent: changed\ndata: {{}}\n\n"
                elif not self.connected:
                    return  # the page notices, and polls until we are back
                else:
                    yield ": still here\n\n"
        finally:
            del self._waiting[flag]


exchange = Exchange()
