"""Slows down guessing of passwords, and asking of others through us: tries are counted in Redis. Without Redis there is
no brake, and sign-in still works: a page that nobody can enter is worse than a slow guess."""

import hashlib
import logging
from dataclasses import dataclass

import redis
from django.conf import settings

from hubs.live import breaker, client

log = logging.getLogger(__name__)
MOST = 10  # tries that failed ...
SECONDS = 15 * 60  # ... in so many seconds


def _key(username: str, address: str) -> str:
    """Hashed: people type passwords into the wrong field."""
    told = f"{username.strip().lower()}\n{address}".encode()
    return f"portal:sign-in:{hashlib.sha256(told).hexdigest()[:32]}"


def _count(key: str, most: int, seconds: int, add: int = 1) -> int:
    """Count `add` more, and answer how many seconds are left when these are too many; 0 when they are welcome."""
    with client(settings.REDIS_URL).pipeline() as pipeline:
        pipeline.set(key, 0, ex=seconds, nx=True)
        pipeline.incr(key, add)
        pipeline.ttl(key)
        _, counted, left = pipeline.execute()
    return max(1, int(left)) if counted > most else 0


def seconds_to_wait(username: str, address: str) -> int:
    """0 when this try is welcome. It is counted before it is made, so that many at the same moment do not slip by."""
    try:
        return _count(_key(username, address), MOST, SECONDS)
    except redis.RedisError as error:
        log.warning("no brake on password guessing now (%s)", type(error).__name__)
        return 0


def seconds_until_free(what: str, username: str, *, most: int, seconds: int, add: int = 1) -> int:
    """The same for anything else that one person may do `most` times in so many seconds."""
    try:
        return _count(f"portal:brake:{what}:{username}", most, seconds, add)
    except redis.RedisError as error:
        log.warning("no brake on %s now (%s)", what, type(error).__name__)
        return 0


@dataclass(frozen=True)
class Left:
    """What somebody may still do: calls (negative: too many), and seconds until it begins anew."""

    calls: int
    seconds: int


def left(what: str, who: str, *, most: int, seconds: int) -> Left | None:
    """Count one call. None without Redis: then nobody counts."""
    if breaker.open:
        return None
    key = f"portal:brake:{what}:{who}"
    try:
        with breaker.watch(), client(settings.REDIS_URL).pipeline() as pipeline:
            pipeline.set(key, 0, ex=seconds, nx=True)
            pipeline.incr(key)
            pipeline.ttl(key)
            _, counted, remaining = pipeline.execute()
    except redis.RedisError as error:
        log.warning("no brake on %s now (%s)", what, type(error).__name__)
        return None
    return Left(most - int(counted), max(1, int(remaining)))


def forget(username: str, address: str) -> None:
    """After a sign-in that worked."""
    try:
        client(settings.REDIS_URL).delete(_key(username, address))
    except redis.RedisError:
        log.warning("failed sign-ins were not forgotten")
