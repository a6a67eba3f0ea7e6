"""Slows down guessing of passwords: tries are counted in Redis, by user name and address. Without Redis there is no
brake, and sign-in still works: a page that nobody can enter is worse than a slow guess."""

import hashlib
import logging

import redis
from django.conf import settings

from hubs.live import client

log = logging.getLogger(__name__)
MOST = 10  # tries that failed ...
SECONDS = 15 * 60  # ... in so many seconds


def _key(username: str, address: str) -> str:
    """Hashed: people type passwords into the wrong field."""
    told = f"{username.strip().lower()}\n{address}".encode()
    return f"portal:sign-in:{hashlib.sha256(told).hexdigest()[:32]}"


def seconds_to_wait(username: str, address: str) -> int:
    """0 when this try is welcome. It is counted before it is made, so that many at the same moment do not slip by."""
    key = _key(username, address)
    try:
        with client(settings.REDIS_URL).pipeline() as pipeline:
            pipeline.set(key, 0, ex=SECONDS, nx=True)
            pipeline.incr(key)
            pipeline.ttl(key)
            _, tries, left = pipeline.execute()
    except redis.RedisError as error:
        log.warning("no brake on password guessing now (%s)", type(error).__name__)
        return 0
    return max(1, int(left)) if tries > MOST else 0


def forget(username: str, address: str) -> None:
    """After a sign-in that worked."""
    try:
        client(settings.REDIS_URL).delete(_key(username, address))
    except redis.RedisError:
        log.warning("failed sign-ins were not forgotten")
