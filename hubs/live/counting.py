"""Counters that expire: in Redis, where all processes share them, or in this process's memory while Redis is not
available. So rate limits are weaker without Redis (each web process counts on its own), but never off."""

import logging
import threading
import time
from collections import OrderedDict
from typing import Protocol

import redis
from django.conf import settings

from .connecting import breaker, client

log = logging.getLogger(__name__)


class Store(Protocol):
    def add(self, key: str, seconds: int, amount: int = 1) -> tuple[int, int]:
        """Add `amount` in a window that started with the first call; return (count, remaining seconds)."""

    def get(self, key: str) -> int:
        """Return the count in this window."""

    def take(self, key: str, seconds: int) -> int:
        """Take a lock for this many seconds; return 0, or the remaining seconds if it is held already."""

    def drop(self, *keys: str) -> None:
        """Delete these counters."""


class InRedis:
    """Counters in Redis. Every method can raise RedisError."""

    def add(self, key: str, seconds: int, amount: int = 1) -> tuple[int, int]:
        with client(settings.REDIS_URL).pipeline() as pipeline:
            pipeline.set(key, 0, ex=seconds, nx=True)
            pipeline.incr(key, amount)
            pipeline.ttl(key)
            _, counted, left = pipeline.execute()
        return int(counted), max(1, int(left))

    def get(self, key: str) -> int:
        found = client(settings.REDIS_URL).get(key)
        return int(found) if isinstance(found, (bytes, str)) else 0

    def take(self, key: str, seconds: int) -> int:
        with client(settings.REDIS_URL).pipeline() as pipeline:
            pipeline.set(key, 1, ex=seconds, nx=True)
            pipeline.ttl(key)
            first, left = pipeline.execute()
        return 0 if first else max(1, int(left))

    def drop(self, *keys: str) -> None:
        client(settings.REDIS_URL).delete(*keys)


class InMemory:
    """Counters in memory, at most MOST. The least recently used is dropped first, which is not one under attack."""

    MOST = 20_000  # some megabytes

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[int, float]] = OrderedDict()  # count, monotonic end
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def _live(self, key: str) -> tuple[int, float] | None:
        found = self._kept.get(key)
        return found if found and found[1] > time.monotonic() else None

    def _put(self, key: str, count: int, end: float) -> None:
        self._kept[key] = count, end
        self._kept.move_to_end(key)
        while len(self._kept) > self.MOST:
            self._kept.popitem(last=False)

    def add(self, key: str, seconds: int, amount: int = 1) -> tuple[int, int]:
        with self._lock:
            count, end = self._live(key) or (0, time.monotonic() + seconds)
            self._put(key, count + amount, end)
            return count + amount, max(1, round(end - time.monotonic()))

    def get(self, key: str) -> int:
        with self._lock:
            return (self._live(key) or (0, 0.0))[0]

    def take(self, key: str, seconds: int) -> int:
        with self._lock:
            if found := self._live(key):
                return max(1, round(found[1] - time.monotonic()))
            self._put(key, 1, time.monotonic() + seconds)
            return 0

    def drop(self, *keys: str) -> None:
        with self._lock:
            for key in keys:
                self._kept.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


memory = InMemory()


class Either:
    """Counters in Redis, or in memory while Redis does not respond."""

    def __init__(self, shared: Store, own: Store) -> None:
        self._shared, self._own = shared, own
        self._away = False

    def _ask(self, name: str, *args: object) -> object:
        if not breaker.open:
            try:
                with breaker.watch():
                    answer = getattr(self._shared, name)(*args)
            except redis.RedisError as error:
                if not self._away:
                    log.warning("Redis is not available (%s): rate limits count per process", type(error).__name__)
                self._away = True
            else:
                self._away = False
                return answer
        return getattr(self._own, name)(*args)

    def add(self, key: str, seconds: int, amount: int = 1) -> tuple[int, int]:
        return self._ask("add", key, seconds, amount)  # type: ignore[return-value]

    def get(self, key: str) -> int:
        return self._ask("get", key)  # type: ignore[return-value]

    def take(self, key: str, seconds: int) -> int:
        return self._ask("take", key, seconds)  # type: ignore[return-value]

    def drop(self, *keys: str) -> None:
        self._ask("drop", *keys)


counters: Store = Either(InRedis(), memory)
