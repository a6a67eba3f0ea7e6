"""How long a question may take and how much may be read, whatever happens in it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpcore

HEAD = 256 * 1024  # bytes beside the body: status lines, headers, chunk sizes, what a TLS library counts
_ends: ContextVar[float | None] = ContextVar("ends", default=None)  # monotonic


class TooLong(httpcore.ProtocolError):
    """More came than is read."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Every question that is asked in this block ends with the block's time, however many there are.

    In this thread, and in those that copy its context.
    """
    until, outer = time.monotonic() + seconds, _ends.get()
    token = _ends.set(until if outer is None else min(until, outer))
    try:
        yield
    finally:
        _ends.reset(token)


class Deadline:
    """When a question ends, whatever it is doing: lookup, connection, TLS, headers, body, redirects."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        ends, until = _ends.get(), time.monotonic() + seconds
        self.until = until if ends is None else min(until, ends)

    def left(self) -> float:
        """Seconds. Raises httpcore.ReadTimeout when it is over."""
        if (left := self.until - time.monotonic()) <= 0:
            raise httpcore.ReadTimeout("the question took too long")
        return left


class Allowance:
    """What one request may still take: httpcore hands it to our sockets as the timeout of each read and write."""

    def __init__(self, deadline: Deadline, most_bytes: int) -> None:
        self.deadline, self.unread = deadline, most_bytes + HEAD

    def left(self) -> float:
        return self.deadline.left()

    def read(self, number: int) -> None:
        """Raises TooLong."""
        self.unread -= number
        if self.unread < 0:
            raise TooLong("more came than is read")
