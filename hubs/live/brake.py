"""Slows down guessing of secrets, and asking of others through us. Names and addresses are counted separately, so that
neither many names from one address nor many addresses against one name is free. docs/decisions/025-the-brake.md says
why it is as it is. While Redis is away each process counts for itself (hubs.live.counting)."""

import hashlib
from dataclasses import dataclass

from hubs.backoff import backoff

from .counting import counters
from .places import network, one_caller

MOST = 10  # wrong guesses of one name that cost nothing: people mistype ...
MOST_CROWDED = 3  # ... and from an address with too many of them
WINDOW = 3600  # seconds after which a name begins again
FIRST, LONGEST = 30, 300  # seconds until the next guess after that; doubles each time
# One address may be a whole university: a class of 300 mistypes some dozens of times in the first minutes.
MOST_OF_ADDRESS = 200  # wrong guesses ...
ADDRESS_WINDOW = 15 * 60  # ... in so many seconds
ADDRESS_FIRST, ADDRESS_LONGEST = 2, 30  # seconds, as above
MOST_WRONG = 1000  # wrong secrets of an address in ADDRESS_WINDOW; all hubs of a cluster may have one address


def key_of(*parts: str) -> str:
    """Where something is counted: what, by what, and who. Hashed: people type passwords into the wrong field."""
    return f"portal:brake:{parts[0]}:{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:32]}"


@dataclass(frozen=True)
class Guess:
    """One guess of a password: `wait` before it is made, then one of `worked`, `failed` and `not_made`.

    `browser` names a browser in which this person has signed in before (portal-browser, a signed cookie), `at_home`
    says that they have signed in from this network before. Both count by themselves, so that an attacker elsewhere
    never locks a person out of the places where they usually are.
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
        """Seconds until a guess is welcome; 0: now, and it is counted for the name already, so that many at the same
        moment do not slip by. The address counts failures only: a class may sign in at once."""
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
        """The name begins again. The address does not: whoever has an account would clear it between two guesses."""
        counters.drop(self._name, f"{self._name}:next")

    def failed(self) -> None:
        if not self.browser:
            counters.add(self._address, ADDRESS_WINDOW)

    def not_made(self) -> None:
        counters.add(self._name, WINDOW, -1)


def wrong(what: str, address: str, name: str = "") -> int:
    """Count a wrong secret that nobody can guess (a token, a link, a hub's secret), after it was found wrong: a right
    one is never braked. Seconds until such a caller is answered properly again; 0: now."""
    waits = []
    for most, parts in ((MOST_WRONG, ("address", one_caller(address))), (MOST, ("name", name))):
        if parts[1]:
            counted, left = counters.add(key_of(what, *parts), ADDRESS_WINDOW)
            waits.append(left if counted > most else 0)
    return max(waits)


def seconds_until_free(what: str, username: str, *, most: int, seconds: int, add: int = 1) -> int:
    """Count something else that one person may do `most` times in so many seconds. 0 when it is welcome."""
    counted, left = counters.add(f"portal:brake:{what}:{username}", seconds, add)
    return left if counted > most else 0


@dataclass(frozen=True)
class Left:
    """What somebody may still do: calls (negative: too many), and seconds until it begins again."""

    calls: int
    seconds: int


def left(what: str, who: str, *, most: int, seconds: int) -> Left:
    """Count one call."""
    counted, remaining = counters.add(f"portal:brake:{what}:{who}", seconds)
    return Left(most - counted, remaining)
