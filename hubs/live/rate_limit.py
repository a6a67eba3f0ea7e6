"""Rate limits against guessing secrets, and against overusing other services through the portal. Names and addresses
are counted separately, so that neither many names from one address nor many addresses for one name avoid the limit.
docs/decisions/025-the-brake.md explains the design. Without Redis, each process counts on its own (hubs.live.counting).
"""

import hashlib
from dataclasses import dataclass

from hubs.backoff import backoff

from .counting import counters
from .places import network, one_caller

MOST = 10  # wrong guesses for one name without a wait, because people mistype ...
MOST_CROWDED = 3  # ... and from an address with too many wrong guesses
WINDOW = 3600  # seconds after which the count of a name is reset
FIRST, LONGEST = 30, 300  # seconds until the next guess after that; doubles each time
# A whole university may have one address: a class of 300 mistypes dozens of times in the first minutes.
MOST_OF_ADDRESS = 200  # wrong guesses from one address ...
ADDRESS_WINDOW = 15 * 60  # ... in this many seconds
ADDRESS_FIRST, ADDRESS_LONGEST = 2, 30  # seconds, as above
MOST_WRONG = 1000  # wrong secrets from an address in ADDRESS_WINDOW; all hubs of a cluster may have one address


def key_of(*parts: str) -> str:
    """Return the key of a counter. Its parts are hashed, because people type passwords into the wrong field."""
    return f"portal:brake:{parts[0]}:{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:32]}"


@dataclass(frozen=True)
class Guess:
    """One guess of a password: call `wait` before it is made, then one of `worked`, `failed` and `not_made`.

    `browser` is a browser in which this person has signed in before (portal-browser, a signed cookie), `at_home` is
    true if they have signed in from this network before. Both are counted separately, so that an attacker elsewhere
    never locks a person out of their usual browsers and networks.
    """

    what: str
    name: str
    address: str
    browser: str = ""
    at_home: bool = False

    @property
    def _name(self) -> str:
        place = self.browser or (network(self.address) if self.at_home else "")
        return key_of(self.what, "name", self.name.strip().lower(), place)

    @property
    def _address(self) -> str:
        return key_of(self.what, "address", one_caller(self.address))

    def wait(self) -> int:
        """Return the seconds to wait before a guess. If 0, the guess is counted for the name already, so that
        concurrent guesses do not avoid the limit. The address only counts failures: a class may sign in together."""
        over = 0 if self.browser else counters.get(self._address) - MOST_OF_ADDRESS
        if over > 0 and not self.at_home:
            slot = f"{self._address}:next"
            if wait := counters.take(slot, backoff(over, ADDRESS_FIRST, ADDRESS_LONGEST)):
                return wait
        most = MOST_CROWDED if over > 0 else MOST
        counted, _ = counters.add(self._name, WINDOW)
        if counted < most:
            return 0
        wait = counters.take(f"{self._name}:next", backoff(counted - most + 1, FIRST, LONGEST))
        if not wait or counted == most:
            return 0
        self.not_made()
        return wait

    def worked(self) -> None:
        """Reset the count of the name, but not of the address: an attacker with an account could reset that at will."""
        counters.drop(self._name, f"{self._name}:next")

    def failed(self) -> None:
        if not self.browser:
            counters.add(self._address, ADDRESS_WINDOW)

    def not_made(self) -> None:
        counters.add(self._name, WINDOW, -1)


def wrong(what: str, address: str, name: str = "") -> int:
    """Count a wrong secret that can't be guessed (a token, a link, a hub's secret), after it was checked: correct ones
    are never limited. Return the seconds for which the caller is refused; 0 for none."""
    waits = []
    for most, parts in ((MOST_WRONG, ("address", one_caller(address))), (MOST, ("name", name))):
        if parts[1]:
            counted, left = counters.add(key_of(what, *parts), ADDRESS_WINDOW)
            waits.append(left if counted > most else 0)
    return max(waits)


def seconds_until_free(what: str, username: str, *, most: int, seconds: int, add: int = 1) -> int:
    """Count an action that one person may do `most` times in this many seconds. Return the seconds to wait, 0 if the
    action is allowed."""
    counted, left = counters.add(f"portal:brake:{what}:{username}", seconds, add)
    return left if counted > most else 0


@dataclass(frozen=True)
class Left:
    """Remaining calls (negative: over the limit), and seconds until the count is reset."""

    calls: int
    seconds: int


def left(what: str, who: str, *, most: int, seconds: int) -> Left:
    """Count one call, and return what remains."""
    counted, remaining = counters.add(f"portal:brake:{what}:{who}", seconds)
    return Left(most - counted, remaining)
