"""The live channel, which notifies pages that something has changed. One Redis stream; its ids make connections
resumable.

No data is sent here: a page that is notified of a change fetches it through its view and its permission check.
"""

import asyncio
import contextlib
import json
import logging
import threading
import time
from collections.abc import AsyncGenerator
from typing import Any

import redis
from django.conf import settings
from django.db import transaction

from hubs.models import ChangeRequest, Hub

from .connecting import breaker, client, patient, refused

log = logging.getLogger(__name__)
STREAM = "portal:live"
KEPT = 5000  # events; a page that missed more refreshes anyway
KEEP_ALIVE = 15.0  # seconds; proxies close idle connections
LONGEST = 600.0  # seconds; then the browser reconnects, and is authenticated again
BLOCK = 2.0  # seconds that one read waits
MOST_STREAMS = 20  # open streams per person and process
LINGER = 5.0  # seconds that the reader keeps running without pages


class Owed:
    """Topics that could not be published because Redis hangs, to be published once it responds. Pages notice when Redis
    goes away, and poll; but a page may still be connected while this process hangs, and revoked rights must not be
    lost."""

    TRIES = 30  # each after breaker.PAUSE

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._lock = threading.Lock()
        self._teller: threading.Thread | None = None

    def add(self, topics: list[str]) -> None:
        """Store topics for later. Never waits."""
        with self._lock:
            self._topics.update(topics)
            if self._teller is None:
                self._teller = threading.Thread(target=self._tell, args=[settings.REDIS_URL], daemon=True)
                self._teller.start()

    def _tell(self, url: str) -> None:
        for attempt in range(self.TRIES):
            time.sleep(breaker.PAUSE)
            with self._lock:
                topics, self._topics = self._topics, set()
            said = _say(url, list(topics))
            with self._lock:
                self._topics |= set() if said or attempt == self.TRIES - 1 else topics
                if not self._topics:
                    self._teller = None
                    return


owed = Owed()


def _say(url: str, topics: list[str]) -> bool:
    """Publish topics. Return False, so that it is retried, if Redis hangs. If it refuses connections, pages notice."""
    try:
        with breaker.watch():
            client(url).xadd(STREAM, {"topics": json.dumps(topics)}, maxlen=KEPT, approximate=True)
    except redis.RedisError as error:
        log.warning("could not publish a change (%s); pages will poll", type(error).__name__)
        return refused(error)
    return True


def publish(topics: list[str]) -> None:
    """Publish that these topics changed. Never raises: without Redis, pages poll."""
    if breaker.open or not _say(settings.REDIS_URL, topics):
        owed.add(topics)


def position() -> str:
    """Return the id of the newest event, from which a page listens; "" without Redis (the page then polls). Read it
    before the rows: a change in between then causes one refresh too many, never one too few."""
    if breaker.open:
        return ""
    try:
        with breaker.watch():
            newest = client(settings.REDIS_URL).xrevrange(STREAM, count=1)
    except redis.RedisError:
        return ""
    return newest[0][0].decode() if newest else "0-0"  # type: ignore[union-attr]


def topics_of(*, hub: Hub | None = None, request: ChangeRequest | None = None) -> list[str]:
    topics = ["staff"]
    if hub:
        topics += [f"hub:{hub.pk}", f"organization:{hub.organization_id}"]
    if request:
        topics += [f"request:{request.pk}", f"organization:{request.organization_id}", f"person:{request.requester_id}"]
        topics += [f"hub:{request.hub_id}"] if request.hub_id else []
    return topics


def token_topic(pk: int) -> str:
    """Published when a token is revoked: its streams end."""
    return f"token:{pk}"


def rights_topic(pk: int) -> str:
    """Published when a person's rights are reduced: their streams end, and reconnecting checks their rights again."""
    return f"rights:{pk}"


def changed_on_commit(*, hub: Hub | None = None, request: ChangeRequest | None = None) -> None:
    topics = topics_of(hub=hub, request=request)
    transaction.on_commit(lambda: publish(topics))


class _Page:
    """One open page. One flag instead of a queue: two changes need one refresh, so a slow page misses nothing."""

    def __init__(self, topics: frozenset[str], ends: frozenset[str], owner: int | None) -> None:
        self.topics, self.ends, self.owner = topics, ends, owner
        self.began = time.monotonic()
        self.over = False
        self.flag = asyncio.Event()


class Exchange:
    """One reader of the stream per process, which passes events to any number of open pages."""

    def __init__(self) -> None:
        self._pages: set[_Page] = set()
        self._asking: set[asyncio.Task[bool]] = set()
        self._last = "$"
        self._reader: asyncio.Task[None] | None = None
        self._told = asyncio.Event()  # the first attempt of this reader has ended, with or without success
        self._asked = 0.0  # when a page was last about to be opened
        self.connected = False

    @property
    def pages(self) -> int:
        """Number of pages that are listening."""
        return len(self._pages)

    async def ready(self) -> bool:
        """Start the reader, and return whether the stream is being read. Takes at most the connect timeout."""
        self._asked = time.monotonic()
        if self._reader is None or self._reader.done():
            self._last, self._told = "$", asyncio.Event()
            self._reader = asyncio.create_task(self._read())
        await self._told.wait()
        return self.connected

    async def _read(self) -> None:
        client = patient(BLOCK + 3)
        try:
            while self._pages or time.monotonic() - self._asked < LINGER:
                try:
                    await self._read_once(client)
                except (redis.RedisError, OSError) as error:
                    self._lost(error)
                    await asyncio.sleep(1)
        finally:
            self.connected = False
            self._told.set()
            await client.aclose()

    async def _read_once(self, client: Any) -> None:
        if self._last == "$":
            newest = await client.xrevrange(STREAM, count=1)
            self._last = newest[0][0].decode() if newest else "0-0"
        else:
            await client.ping()
        self.connected = True
        self._told.set()
        while self._pages or time.monotonic() - self._asked < LINGER:
            for _, events in await client.xread({STREAM: self._last}, block=int(BLOCK * 1000), count=500) or []:
                self._hand_out(events)

    def _lost(self, error: Exception) -> None:
        """End every stream: the pages notice immediately, poll, and reconnect when the channel is back."""
        if self.connected:
            log.warning("the live channel is not available (%s); pages will poll", type(error).__name__)
        self.connected, self._last = False, "$"
        self._told.set()
        for page in self._pages:
            page.flag.set()

    def _hand_out(self, events: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
        told: set[str] = set()
        for event_id, fields in events:
            self._last = event_id.decode()
            told.update(json.loads(fields[b"topics"]))
        for page in self._pages:
            page.over = page.over or bool(page.ends & told)
            if page.over or page.topics & told:
                page.flag.set()

    async def _ask_missed(self, since: str, topics: frozenset[str]) -> bool:
        """Run `_missed` in its own task, so that a client that disconnects is released immediately. While redis-py
        connects or disconnects, it swallows cancellations (Python 3.11), and the stream would stay until LONGEST."""
        asking = asyncio.create_task(self._missed(since, topics))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        return await asyncio.shield(asking)

    async def _missed(self, since: str, topics: frozenset[str]) -> bool:
        """Return whether one of the topics changed after the event `since`, or if that can't be known any more."""
        client = patient(BLOCK + 3)
        try:
            events = await client.xrange(STREAM, min=f"({since}", count=KEPT)
            if len(events) >= KEPT or (not events and await client.xlen(STREAM) == 0 and since != "0-0"):
                return True  # an unnecessary refresh is cheap
            return any(topics & set(json.loads(fields[b"topics"])) for _, fields in events)
        except (redis.RedisError, ValueError):
            return True
        finally:
            await client.aclose()

    def _end_oldest(self, owner: int | None) -> None:
        """End all but the newest streams of one person, so that one person's apps or tabs can't use up a process."""
        mine = sorted((page for page in self._pages if page.owner == owner), key=lambda page: page.began)
        for page in mine[:-MOST_STREAMS] if owner is not None else ():
            page.over = True
            page.flag.set()

    async def stream(
        self,
        topics: frozenset[str],
        since: str = "",
        ends: frozenset[str] = frozenset(),
        owner: int | None = None,
        seconds: float = LONGEST,
    ) -> AsyncGenerator[str]:
        """Yield Server-Sent Events for a page: "changed" with the id to resume from. `since` is an id from `position`,
        or "". Ends when one of `ends` is published, when Redis is not available, after `seconds` (at most LONGEST), and
        when the same `owner` (a person) has opened MOST_STREAMS newer streams in this process."""
        page = _Page(topics, ends, owner)
        self._pages.add(page)
        self._end_oldest(owner)
        loop = asyncio.get_running_loop()
        end = loop.time() + min(seconds, LONGEST)
        try:
            if not await self.ready():  # first, so that later events set the flag
                return
            yield "retry: 2000\n\n"
            if since and await self._ask_missed(since, topics):
                yield f"id: {self._last}\nevent: changed\ndata: {{}}\n\n"
            while loop.time() < end:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(page.flag.wait(), min(KEEP_ALIVE, max(0.0, end - loop.time())))
                if page.over or not self.connected:
                    return
                if page.flag.is_set():
                    page.flag.clear()
                    yield f"id: {self._last}\nevent: changed\ndata: {{}}\n\n"
                else:
                    yield ": still here\n\n"
        finally:
            self._pages.discard(page)


exchange = Exchange()
