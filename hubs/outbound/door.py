"""The one door through which the portal asks an address that somebody typed: registries, and whatever else comes.

Against server-side request forgery (CWE-918): the name is resolved here, every address of it is judged, and the socket
is opened to the very address that was judged, so that a name which answers differently a moment later changes nothing.
Each redirect goes through the same door. Answers have a size, a deadline and a number of redirects.
"""

import hashlib
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from functools import lru_cache
from ssl import SSLContext
from typing import Any

import httpcore
import httpx
from django.conf import settings

from hubs.errors import DomainError
from hubs.outbound.judge import PORTS, Address, Allowed, Forbidden, judge

Resolver = Callable[[str, int], Sequence[str]]

SECONDS = 4.0  # for a whole question, with names, redirects and tokens
MOST_BYTES = 1024 * 1024  # of one answer
REDIRECTS = 3
CONNECT_SECONDS = 1.5  # for one of several addresses of a name
ADDRESSES = 4  # of one name that are tried

_lookups = ThreadPoolExecutor(32, thread_name_prefix="lookup")  # a system's resolver has no deadline of its own


class Unanswered(DomainError):
    """Nobody answers there, in time, or in a way that can be read. Trying again may help."""


def allowed_by_settings() -> Allowed:
    """What the environment says; an entry that can't be read allows nothing (portal/checks.py names it)."""
    readable = []
    for entry in settings.ALLOWED_PRIVATE_HOSTS:
        try:
            Allowed.read([entry])
        except ValueError:
            continue
        readable.append(entry)
    return Allowed.read(readable)


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Every address of a name, as this machine's resolver gives them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass
class Deadline:
    """When a question ends, whatever it is doing."""

    seconds: float = SECONDS
    until: float = field(init=False)

    def __post_init__(self) -> None:
        self.until = time.monotonic() + self.seconds

    def left(self) -> float:
        """Raises httpcore.ReadTimeout when it is over."""
        if (left := self.until - time.monotonic()) <= 0:
            raise httpcore.ReadTimeout("the question took too long")
        return left


class _Stream(httpcore.NetworkStream):
    """A socket whose every read and write ends with the question, so that drops of one byte cannot hold us."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self.inner, self.deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, self.deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, self.deadline.left())

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self.inner.start_tls(ssl_context, server_hostname, self.deadline.left()), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class _Connector(httpcore.NetworkBackend):
    """Where connections are made, and the only place: resolve, judge, connect to what was judged."""

    def __init__(self, door: "Door", deadline: Deadline) -> None:
        self.door, self.deadline = door, deadline
        self.sockets = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        addresses = self.door.look_up(host, port, self.deadline)
        for number, address in enumerate(addresses[:ADDRESSES], 1):
            last = number == min(len(addresses), ADDRESSES)
            patience = self.deadline.left() if last else min(CONNECT_SECONDS, self.deadline.left())
            try:
                return _Stream(self.sockets.connect_tcp(str(address), port, patience), self.deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if last:
                    raise
        raise httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        raise httpcore.ConnectError("no sockets of this machine")


@lru_cache
def _tls() -> SSLContext:
    """certifi's authorities, or those of SSL_CERT_FILE."""
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class Answer:
    """What came back. Header names in small letters; `url` is where it came from in the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.body).hexdigest()}"


@dataclass(frozen=True)
class Door:
    """How questions go out. Tests give a resolver and authorities; nobody else needs to."""

    allowed: Allowed = field(default_factory=allowed_by_settings)
    resolver: Resolver = system_resolver
    tls: Callable[[], SSLContext] = _tls

    def look_up(self, host: str, port: int, deadline: Deadline) -> list[Address]:
        """The judged addresses of a name. Raises Forbidden, Unanswered, httpcore.ReadTimeout."""
        waiting: Future[Sequence[str]] = _lookups.submit(self.resolver, host.strip("[]"), port)
        try:
            found = waiting.result(deadline.left())
        except FutureTimeout:
            waiting.cancel()
            raise httpcore.ReadTimeout("the name was not resolved in time") from None
        except (OSError, UnicodeError):
            raise Unanswered(f"There is no host {host}.") from None
        return judge(host.strip("[]"), port, found, self.allowed)

    def scheme(self, host: str, port: int | None = None) -> str:
        """How to ask this host when nobody said: without TLS only where staff allow it."""
        plain = self.allowed.without_tls(host, port or PORTS["http"])
        return "http" if plain else "https"

    def check(self, url: str, *, plain_http: bool = False) -> tuple[str, str, int]:
        """(scheme, host, port). Raises Forbidden for an address that nobody should give us; its name is not looked
        up."""
        if any(c <= " " or c == "\\" or c == "\x7f" for c in url):
            raise Forbidden("That is no address.")
        try:
            parts = httpx.URL(url)  # the same reading as on the wire
        except httpx.InvalidURL:
            raise Forbidden("That is no address.") from None
        host, port = parts.raw_host.decode("ascii"), parts.port or PORTS.get(parts.scheme, 0)
        if parts.scheme not in PORTS or not host or not 0 < port < 65536:
            raise Forbidden("That is no address on the web.")
        if parts.userinfo:
            raise Forbidden("An address must not contain a password.")
        if parts.scheme == "http" and not (plain_http or self.allowed.without_tls(host, port)):
            raise Forbidden(f"The portal asks {host} over an encrypted connection (https) only.")
        return parts.scheme, host, port

    def question(self, seconds: float = SECONDS) -> "Question":
        """Some requests that end together: `with door.question() as ask: ask.get(url)`."""
        return Question(self, Deadline(seconds))


class Question:
    """Requests that share a deadline and, where they go to one host, a connection."""

    def __init__(self, door: Door, deadline: Deadline) -> None:
        self.door, self.deadline = door, deadline
        self.pool = httpcore.ConnectionPool(
            ssl_context=door.tls(), network_backend=_Connector(door, deadline), max_connections=4
        )

    def __enter__(self) -> "Question":
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.close()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        most_bytes: int = MOST_BYTES,
        plain_http: bool = False,
    ) -> Answer:
        """Ask by GET, following at most three redirects. `Authorization` stays with the host it was meant for.

        Raises Forbidden, or Unanswered (no answer in time, no TLS, too long, too many redirects).
        """
        sent = {"User-Agent": "hubportal", "Accept-Encoding": "identity", **(headers or {})}
        first = self.door.check(url, plain_http=plain_http)
        for _ in range(REDIRECTS + 1):
            here = self.door.check(url, plain_http=plain_http)
            if here != first:  # and not again when a later one leads back
                sent.pop("Authorization", None)
            answer = self._once("GET", url, sent, most_bytes, here[1])
            where = answer.headers.get("location")
            if answer.status not in (301, 302, 303, 307, 308) or not where:
                return answer
            try:
                url = str(httpx.URL(url).join(where))
            except httpx.InvalidURL:
                raise Unanswered(f"{here[1]} sends us to what is no address.") from None
        raise Unanswered(f"{first[1]} sends us from one address to the next without end.")

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str], most_bytes: int) -> Answer:
        """Send this, and read at most so much of the answer. Redirects are not followed.

        Raises Forbidden, Unanswered (no answer in time, no TLS).
        """
        _, host, _ = self.door.check(url)
        sent = {"User-Agent": "hubportal", "Accept-Encoding": "identity", **headers}
        return self._once("POST", url, sent, most_bytes, host, body)

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], most_bytes: int, host: str, sent: bytes | None = None
    ) -> Answer:
        """A GET fails when the answer is too long; of a POST's answer the rest is left unread."""
        read = httpx.URL(url).copy_with(fragment=None)
        on_wire = httpcore.URL(scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path)
        try:
            with self.pool.stream(method, on_wire, headers=list(headers.items()), content=sent) as response:
                body = bytearray()
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) > most_bytes and sent is not None:
                        break
                    if len(body) > most_bytes:
                        raise Unanswered(f"{host} answers with more than the portal reads.")
                told = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
                return Answer(response.status, told, bytes(body[:most_bytes]), str(read))
        except httpcore.TimeoutException:
            raise Unanswered(f"{host} did not answer in time.") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            tls = "CERTIFICATE" in str(error).upper() or "SSL" in str(error).upper()
            why = "has no certificate that the portal can trust" if tls else "does not answer"
            raise Unanswered(f"{host} {why}.") from None
