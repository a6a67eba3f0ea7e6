"""The live channel: "something changed there, look again". One Redis stream; its ids make a connection resumable.

Nothing that is secret travels here: a page that hears of a change re-fetches through its view and its permission check.
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
KEPT = 5000  # events; a page that was away for longer just looks again
KEEP_ALIVE = 15.0  # seconds; proxies close what is silent
LONGEST = 600.0  # seconds; then the browser comes back, and is asked again who it is
BLOCK = 2.0  # seconds that one read waits
MOST_STREAMS = 20  # open at once, of one person in one process
LINGER = 5.0  # seconds that the reader stays for the next page


class Owed:
    """What a Redis that hangs could not be told, said once it answers. Pages notice a Redis that went away, and look
    by themselves; but a page may be connected well while we hang, and the end of a right must not be lost."""

    TRIES = 30  # each after breaker.PAUSE

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._lock = threading.Lock()
        self._teller: threading.Thread | None = None

    def add(self, topics: list[str]) -> None:
        """Keep them for later. Never waits."""
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
    """False, and it is to be said again, when Redis hangs. One that refuses tells the pages so itself."""
    try:
        with breaker.watch():
            client(url).xadd(STREAM, {"topics": json.dumps(topics)}, maxlen=KEPT, approximate=True)
    except redis.RedisError as error:
        log.warning("could not publish a change (%s); pages poll", type(error).__name__)
        return refused(error)
    return True


def publish(topics: list[str]) -> None:
    """Say that these changed. Never raises: without Redis pages poll."""
    if breaker.open or not _say(settings.REDIS_URL, topics):
        owed.add(topics)


def position() -> str:
    """Id of the newest event, for a page to listen from; "" without Redis (the page then polls). Read it before the
    rows: what changes in between is then heard of once too often, never once too little."""
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
    """Published when somebody may less than before: their programs' streams end, and who comes back is asked again."""
    return f"rights:{pk}"


def changed_on_commit(*, hub: Hub | None = None, request: ChangeRequest | None = None) -> None:
    topics = topics_of(hub=hub, request=request)
    transaction.on_commit(lambda: publish(topics))


class _Page:
    """One open page. One flag and no queue: "look again" twice is "look again", so a slow page misses nothing."""

    def __init__(self, topics: frozenset[str], ends: frozenset[str], owner: int | None) -> None:
        self.topics, self.ends, self.owner = topics, ends, owner
        self.began = time.monotonic()
        self.over = False
        self.flag = asyncio.Event()


class Exchange:
    """One reader of the stream a process, handing events to any number of open pages."""

    def __init__(self) -> None:
        self._pages: set[_Page] = set()
        self._asking: set[asyncio.Task[bool]] = set()
        self._last = "$"
        self._reader: asyncio.Task[None] | None = None
        self._told = asyncio.Event()  # the first try of this reader has ended, well or badly
        self._asked = 0.0  # somebody is about to open a page
        self.connected = False

    @property
    def pages(self) -> int:
        """How many pages listen now."""
        return len(self._pages)

    async def ready(self) -> bool:
        """Is the stream read now? Starts the reader; the answer takes at most its connect timeout."""
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
        """End every stream: the pages notice at once, poll, and come back when we are."""
        if self.connected:
            log.warning("the live channel is away (%s); pages poll", type(error).__name__)
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
        """`_missed`, in a task of its own: whoever leaves now is let go at once. While it connects or hangs up,
        redis-py lets a cancellation go by (Python 3.11), and the stream of nobody would stay until LONGEST."""
        asking = asyncio.create_task(self._missed(since, topics))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        return await asyncio.shield(asking)

    async def _missed(self, since: str, topics: frozenset[str]) -> bool:
        """Did one of the topics change after the event `since`? True as well when nobody can tell any more."""
        client = patient(BLOCK + 3)
        try:
            events = await client.xrange(STREAM, min=f"({since}", count=KEPT)
            if len(events) >= KEPT or (not events and await client.xlen(STREAM) == 0 and since != "0-0"):
                return True  # looking once too often is cheap
            return any(topics & set(json.loads(fields[b"topics"])) for _, fields in events)
        except (redis.RedisError, ValueError):
            return True
        finally:
            await client.aclose()

    def _end_oldest(self, owner: int | None) -> None:
        """Nobody's programs or tabs take all of a process: of one person the newest streams stay."""
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
        """Server-Sent Events for a page: "changed" with the id to resume from. `since` is an id of `position`, or "".
        Ends when one of `ends` is published, when Redis is away, after `seconds` (at most LONGEST), and when the same
        `owner` (a person) has opened MOST_STREAMS newer ones in this process."""
        page = _Page(topics, ends, owner)
        self._pages.add(page)
        self._end_oldest(owner)
        loop = asyncio.get_running_loop()
        end = loop.time() + min(seconds, LONGEST)
        try:
            if not await self.ready():  # first: what comes from here on sets the flag
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
