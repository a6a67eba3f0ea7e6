"""Name lookups with a deadline, and with a limit per asker.

The system's resolver has no deadline (its own attempts end after ten to thirty seconds). A lookup runs in a thread that
is abandoned when the request is over; until it ends, it counts towards the asker's limit.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

import httpcore

from hubs.live.bulkhead import Limits, Shares
from hubs.outbound.deadline import Deadline

Resolver = Callable[[str, int], Sequence[str]]
OF_ONE, OF_ALL = 8, 256  # concurrent lookups: per asker, and per process
lookups = Shares()


class NoSuchHost(httpcore.ConnectError):
    """The name has no address, or is not valid."""


class Busy(httpcore.ConnectError):
    """This asker has reached the limit of concurrent lookups."""


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Return every address of a name from the system's resolver. Raise OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def look_up(
    host: str, port: int, deadline: Deadline, asker: str, resolver: Resolver = system_resolver
) -> Sequence[str]:
    """Return the addresses of a name. Raise NoSuchHost, Busy, httpcore.ReadTimeout."""
    host = host.strip("[]")
    if _is_address(host):
        return [host]
    limits: Limits = {("asker", asker): OF_ONE, "all": OF_ALL}
    if not lookups.take(limits):
        raise Busy("too many lookups at the same time")
    answer: Future[Sequence[str]] = Future()

    def ask() -> None:
        try:
            answer.set_result(resolver(host, port))
        except BaseException as error:
            answer.set_exception(error)
        finally:
            lookups.give_back(limits)

    try:
        threading.Thread(target=ask, name="lookup", daemon=True).start()
    except RuntimeError:  # no more threads
        lookups.give_back(limits)
        raise Busy("no thread for a lookup") from None
    try:
        return answer.result(deadline.left())
    except FutureTimeout:
        raise httpcore.ReadTimeout("the name was not resolved in time") from None
    except (OSError, UnicodeError) as error:
        raise NoSuchHost(host) from error
