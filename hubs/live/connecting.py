"""Connections to Redis: for callers that can go on without it, for those that wait, and for the readers of streams."""

import contextlib
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import redis.asyncio
import redis.asyncio.retry
import redis.backoff
import redis.retry
from django.conf import settings


def refused(error: BaseException) -> bool:
    """Did the machine answer that nobody listens there?"""
    cause: BaseException | None = error
    while cause and not isinstance(cause, ConnectionRefusedError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


class Breaker:
    """Redis that does not even refuse costs a timeout each time. After one of those nobody asks for two seconds, so
    that a page is slowed once and not at every publish. A refusal costs nothing and is asked again, even if a busy
    machine took long to hear it."""

    SLOW = 0.2  # seconds
    PAUSE = 2.0

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def open(self) -> bool:
        return time.monotonic() < self._until

    def reset(self) -> None:
        """Ask again now."""
        self._until = 0.0

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Around a call to Redis. Passes every error on, and remembers the slow ones."""
        began = time.monotonic()
        try:
            yield
        except Exception as error:
            if time.monotonic() - began > self.SLOW and not refused(error):
                self._until = time.monotonic() + self.PAUSE
            raise


breaker = Breaker()


@lru_cache(maxsize=4)
def client(url: str) -> redis.Redis:
    """For callers that can go on without Redis: asked once, with short deadlines."""
    once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1.0, retry=once)


def opened(**options: float) -> redis.Redis:
    """A connection that the caller closes. `options` are deadlines in seconds (`socket_timeout`, ...) in place of those
    of REDIS_OPTIONS. Raises ValueError when the address is not one of Redis."""
    return redis.Redis.from_url(settings.REDIS_URL, **(settings.REDIS_OPTIONS | options))


def patient(seconds: float) -> Any:
    """A connection that waits for an answer for so many seconds, and does not ask again."""
    once = redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0)
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=seconds, retry=once
    )
