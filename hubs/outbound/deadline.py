"""Limits on the time of outbound requests and on the bytes that are read."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpcore

HEAD = 256 * 1024  # bytes in addition to the body: status lines, headers, chunk sizes, TLS overhead
_ends: ContextVar[float | None] = ContextVar("ends", default=None)  # monotonic


class TooLong(httpcore.ProtocolError):
    """The response is longer than the limit."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Limit the total time of all requests in this block.

    Applies to this thread, and to those that copy its context.
    """
    until, outer = time.monotonic() + seconds, _ends.get()
    token = _ends.set(until if outer is None else min(until, outer))
    try:
        yield
    finally:
        _ends.reset(token)


class Deadline:
    """The end of a request, including lookup, connection, TLS, headers, body and redirects."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        ends, until = _ends.get(), time.monotonic() + seconds
        self.until = until if ends is None else min(until, ends)

    def left(self) -> float:
        """Return the remaining seconds. Raise httpcore.ReadTimeout if there are none."""
        if (left := self.until - time.monotonic()) <= 0:
            raise httpcore.ReadTimeout("the request took too long")
        return left


class Allowance:
    """The remaining time and bytes of one request: httpcore passes it to the sockets as the timeout of each read and
    write."""

    def __init__(self, deadline: Deadline, most_bytes: int) -> None:
        self.deadline, self.unread = deadline, most_bytes + HEAD

    def left(self) -> float:
        return self.deadline.left()

    def read(self, number: int) -> None:
        """Count bytes that were read. Raise TooLong."""
        self.unread -= number
        if self.unread < 0:
            raise TooLong("the response is longer than the limit")
