"""Shares of what everybody uses: nobody holds more than theirs, and who finds no room is told at once.

The worker's threads, lookups of names and questions that pages ask are few. A hub, an organisation or a cluster that
hangs takes its share of them, and the rest goes on. Nothing waits here: a page says “try again”, a task comes back when
a place is free. One process counts for itself; the database's leases are what keeps two processes apart.
"""

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager

from hubs.errors import Unavailable

log = logging.getLogger(__name__)
Limits = Mapping[Hashable, int]
TURNED_AWAY = 1000  # that are remembered; whoever comes after them is found by the next tick


class Shares:
    """Who holds how many. Safe for threads.

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
        """One of each key; False, and none, when one of them holds as many as it may."""
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
        """Call for whoever was turned away first and fits now."""
        with self._lock:
            for key in limits:
                self._held[key] -= 1
                if not self._held[key]:
                    del self._held[key]
            again = self._next()
        if again:
            try:
                again()
            except Exception as error:  # the broker is away: the clock brings the work back
                log.warning("nobody could be asked to go on (%s)", type(error).__name__)

    def _next(self) -> Callable[[], object] | None:
        for number, (_, limits, again) in enumerate(self._waiting):
            if self._fits(limits):
                del self._waiting[number]
                return again
        return None

    @contextmanager
    def hold(
        self, limits: Limits, *, name: Hashable = None, again: Callable[[], object] | None = None
    ) -> Iterator[bool]:
        """Hold one of each for the block; False when there is no room. `again` is called once there is: it asks for the
        same work by a message. `name` says which work it is, so that it is remembered once."""
        with self._lock:
            held = self._take(limits)
            known = again is None or len(self._waiting) >= TURNED_AWAY or any(name == n for n, _, _ in self._waiting)
            if not held and again and not known:
                self._waiting.append((name, dict(limits), again))
        try:
            yield held
        finally:
            if held:
                self.give_back(limits)


def share(of: int, others: bool) -> int:
    """How many of `of` places one may hold: half, where there are others, so that one that hangs leaves the rest; where
    there are none, all but the one that the portal's own short work needs.

    >>> share(8, True), share(4, True), share(1, True), share(8, False)
    (4, 2, 1, 7)
    """
    return max(1, of // 2 if others else of - 1)


# --- what pages ask while somebody waits ------------------------------------------------------------------------------
PAGES, OF_CLUSTER, OF_ORGANIZATION = 48, 16, 8  # questions at a time in one web process: all, to one, for one
pages = Shares()


@contextmanager
def question(*, organization: int | None, cluster: int | None = None) -> Iterator[None]:
    """Around whatever a page asks of a hub, a cluster, a registry or a name server. Raises Unavailable (503) at once
    when as many of them are open as one may have."""
    limits: dict[Hashable, int] = {"all": PAGES, ("organization", organization): OF_ORGANIZATION}
    if cluster is not None:
        limits["cluster", cluster] = OF_CLUSTER
    with pages.hold(limits) as held:
        if not held:
            raise Unavailable("Many pages ask for this right now, and answers are slow. Try again in a few seconds.")
        yield
