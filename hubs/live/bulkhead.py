"""Bulkheads: limits on shared resources, so that no user of a resource blocks the others. Refusals are immediate.

Worker threads, name lookups and interactive calls of pages are scarce. A hub, an organisation or a cluster that hangs
uses up its own share, and the others continue. Nothing waits here: a page shows “try again”, a task is queued again
when a slot is free. Each process counts on its own; leases in the database coordinate processes.
"""

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager

from hubs.errors import Unavailable
from hubs.language import _

log = logging.getLogger(__name__)
Limits = Mapping[Hashable, int]
TURNED_AWAY = 1000  # refused tasks that are remembered; the periodic task finds the others


class Shares:
    """Slots held per key. Thread-safe.

    >>> rooms = Shares()
    >>> rooms.take({"river": 1}), rooms.take({"river": 1}), rooms.take({"lake": 1})
    (True, False, True)
    >>> rooms.give_back({"river": 1}); rooms.take({"river": 1})
    True
    """

    def __init__(self) -> None:
        self._held: Counter[Hashable] = Counter()
        self._waiting: deque[tuple[Hashable, Limits, Callable[[], object]]] = deque()
        self._lock = threading.Lock()

    def take(self, limits: Limits) -> bool:
        """Take one slot of each key. Return False, without taking any, if one of the keys is at its limit."""
        with self._lock:
            return self._take(limits)

    def _fits(self, limits: Limits) -> bool:
        return all(self._held[key] < most for key, most in limits.items())

    def _take(self, limits: Limits) -> bool:
        if not self._fits(limits):
            return False
        self._held.update(limits.keys())
        return True

    def give_back(self, limits: Limits) -> None:
        """Release the slots, and call the first refused task that fits now."""
        with self._lock:
            for key in limits:
                self._held[key] -= 1
                if not self._held[key]:
                    del self._held[key]
            again = self._next()
        if again:
            try:
                again()
            except Exception as error:  # the broker is not available: the periodic task finds the work
                log.warning("could not queue refused work again (%s)", type(error).__name__)

    def _next(self) -> Callable[[], object] | None:
        for number, (_name, limits, again) in enumerate(self._waiting):
            if self._fits(limits):
                del self._waiting[number]
                return again
        return None

    @contextmanager
    def hold(
        self, limits: Limits, *, name: Hashable = None, again: Callable[[], object] | None = None
    ) -> Iterator[bool]:
        """Hold one slot of each key during the block; yields False if there is none. `again` is called when there is
        one: it queues the same work with a message. `name` identifies the work, so that it is only remembered once."""
        with self._lock:
            held = self._take(limits)
            known = again is None or len(self._waiting) >= TURNED_AWAY or any(name == one[0] for one in self._waiting)
            if not held and again and not known:
                self._waiting.append((name, dict(limits), again))
        try:
            yield held
        finally:
            if held:
                self.give_back(limits)


def share(of: int, others: bool) -> int:
    """Return how many of `of` slots one user may hold: half if there are others, so that one that hangs leaves the
    rest; else all but one, which the portal's own short tasks need.

    >>> share(8, True), share(4, True), share(1, True), share(8, False)
    (4, 2, 1, 7)
    """
    return max(1, of // 2 if others else of - 1)


# --- interactive calls of pages ---------------------------------------------------------------------------------------
PAGES, OF_CLUSTER, OF_ORGANIZATION = 48, 16, 8  # concurrent calls of one web process: in total, to one, for one
pages = Shares()


@contextmanager
def question(*, organization: int | None, cluster: int | None = None) -> Iterator[None]:
    """Wrap an interactive call to a hub, a cluster, a registry or a name server. Raise Unavailable (503) immediately if
    the limit of concurrent calls is reached."""
    limits: dict[Hashable, int] = {"all": PAGES, ("organization", organization): OF_ORGANIZATION}
    if cluster is not None:
        limits["cluster", cluster] = OF_CLUSTER
    with pages.hold(limits) as held:
        if not held:
            raise Unavailable(_("Too many requests are in progress at the moment. Try again in a few seconds."))
        yield
