"""Password hashers: for passwords, and for secrets that the portal generated."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from hubs.errors import Busy


class Turns:
    """A limit on concurrency: `at_once` callers run, `waiting` more wait up to `seconds`, and others get Busy."""

    def __init__(self, at_once: int, waiting: int, seconds: float) -> None:
        self.at_once, self.seconds = at_once, seconds
        self._room = threading.BoundedSemaphore(at_once + waiting)
        self._turn = threading.BoundedSemaphore(at_once)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Raises Busy."""
        if not self._room.acquire(blocking=False):
            raise self._busy()
        try:
            if not self._turn.acquire(timeout=self.seconds):
                raise self._busy()
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._room.release()

    def _busy(self) -> Busy:
        seconds = max(1, round(self.seconds))
        return Busy(f"Many people are signing in at the moment. Wait {seconds} seconds, then try again.", seconds)


# Hashing a password takes 0.4 s of a CPU core: half of the cores, so that pages continue to work. People don't wait
# longer than about ten seconds, and each waiting request holds a thread and a database connection.
AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
turns = Turns(AT_ONCE, waiting=25 * AT_ONCE, seconds=10.0)


class PasswordHasher(PBKDF2PasswordHasher):
    """For passwords that people chose. Concurrent hashes in this process are limited. Raises Busy."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with turns.turn():
            return str(super().encode(password, salt, iterations))


class RandomSecretHasher(PBKDF2PasswordHasher):
    """For secrets of 256 random bits, which can't be guessed, so no slow hash is needed: a million rounds would take
    0.4 s of a CPU core at every sign-in to a hub, and a class signs in at the same time. Never for passwords."""

    algorithm = "random_secret"
    iterations = 1
