"""Looking up names: within a deadline, and without letting one asker take every place.

The system's resolver has no deadline of its own (its own tries end after ten to thirty seconds). A lookup runs in a
thread that is left alone when the question is over; until it ends, it counts for whoever asked.
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
OF_ONE, OF_ALL = 8, 256  # lookups at a time: of one asker, of everybody in this process
lookups = Shares()


class NoSuchHost(httpcore.ConnectError):
    """The name has no address, or is none."""


class Busy(httpcore.ConnectError):
    """This asker has as many lookups open as one may have."""


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Every address of a name, as this machine's resolver gives them. Raises OSError."""
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
    """The addresses of a name. Raises NoSuchHost, Busy, httpcore.ReadTimeout."""
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
