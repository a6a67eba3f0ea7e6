"""Connections to Redis: for callers that can continue without it, for those that wait, and for readers of streams."""

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
    """Return whether the connection was refused."""
    cause: BaseException | None = error
    while cause and not isinstance(cause, ConnectionRefusedError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


class Breaker:
    """A circuit breaker for a Redis that does not even refuse connections, which costs a timeout each time. After a
    timeout, Redis is not used for two seconds, so that a page is delayed once and not by every publish. A refusal is
    cheap and does not open the breaker, even if it was slow because of a busy machine."""

    SLOW = 0.2  # seconds
    PAUSE = 2.0

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def open(self) -> bool:
        return time.monotonic() < self._until

    def reset(self) -> None:
        """Close the breaker now."""
        self._until = 0.0

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Wrap a call to Redis. Errors are raised again; slow ones open the breaker."""
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
    """Return a client for callers that can continue without Redis: no retries, short timeouts."""
    once = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=1.0, retry=once)


def opened(**options: float) -> redis.Redis:
    """Return a connection that the caller closes. `options` are timeouts in seconds (`socket_timeout`, ...) that
    replace those of REDIS_OPTIONS. Raise ValueError if the URL is not a Redis URL."""
    return redis.Redis.from_url(settings.REDIS_URL, **(settings.REDIS_OPTIONS | options))


def patient(seconds: float) -> Any:
    """Return a connection that waits this many seconds for a response, without retries."""
    once = redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0)
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=seconds, retry=once
    )
