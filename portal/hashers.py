"""How the portal stores passwords, and secrets that it made itself."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from hubs.errors import Busy


class Turns:
    """So many at once, so many more wait so many seconds for their turn; everybody else is refused at once."""

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


# A password costs 0.4 s of a processor, and does nothing else meanwhile: half of the processors, so that pages go on.
# More than about ten seconds nobody waits, and whoever waits holds a thread and a connection to the database.
AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
turns = Turns(AT_ONCE, waiting=25 * AT_ONCE, seconds=10.0)


class PasswordHasher(PBKDF2PasswordHasher):
    """What people chose. Every hash of the process takes its turn, whoever asks for it. Raises Busy."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with turns.turn():
            return str(super().encode(password, salt, iterations))


class RandomSecretHasher(PBKDF2PasswordHasher):
    """For 256 random bits. There is nothing to guess, so nothing to slow down: a password's million rounds would cost
    0.4 s of a processor at every sign-in to a hub, and a class signs in at once. Never for what a person chose."""

    algorithm = "random_secret"
    iterations = 1
