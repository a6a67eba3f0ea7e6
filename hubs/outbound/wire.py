"""The one place where the portal makes an HTTP client. Whatever it asks (registries, webhooks, hubs, API servers,
sign-in providers) goes over one of these wires, so every question has one deadline and reads a bounded number of bytes.

A wire knows where a name leads (`route`): the door judges addresses that somebody typed (door.py); a cluster's API
server and a hub on this machine are known. Environment variables for proxies are not read. Redirects are not followed.
"""

import contextlib
import hashlib
import ssl
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpcore
import httpx

from hubs.outbound.deadline import Allowance, Deadline, TooLong
from hubs.outbound.lookups import look_up

Route = Callable[[str, int, Deadline], Sequence[str]]  # host, port -> the addresses to connect to
CONNECT_SECONDS = 1.5  # for one of several addresses of a name
ADDRESSES = 4  # of one name that are tried
ERRORS = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError)  # of asking, and no other
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody: for wires that are plain HTTP


def is_tls(error: BaseException | None) -> bool:
    """Did TLS fail? httpcore wraps what the library said."""
    return isinstance(error, httpcore.ConnectError) and any(isinstance(one, ssl.SSLError) for one in error.args)


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


class _Stream(httpcore.NetworkStream):
    """A socket whose every read and write ends with the question, so that drops of one byte cannot hold us. Every
    `timeout` is an Allowance."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self.inner = inner

    def read(self, max_bytes: int, timeout: Any = None) -> bytes:
        data = self.inner.read(max_bytes, timeout.left())
        timeout.read(len(data))
        return data

    def write(self, buffer: bytes, timeout: Any = None) -> None:
        connected, rest = self.inner.get_extra_info("socket"), memoryview(buffer)
        try:
            while rest:  # httpcore's own loop gives each piece the whole time again
                connected.settimeout(timeout.left())
                rest = rest[connected.send(rest) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(error) from error
        except OSError as error:
            raise httpcore.WriteError(error) from error

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: Any = None
    ) -> httpcore.NetworkStream:
        try:
            return _Stream(self.inner.start_tls(ssl_context, server_hostname, timeout.left()))
        except httpcore.ConnectTimeout as error:  # somebody took the call
            raise httpcore.ReadTimeout("no TLS in time") from error

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class _Connector(httpcore.NetworkBackend):
    """Where connections are made, and the only place."""

    def __init__(self, route: Route) -> None:
        self.route, self.sockets = route, httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: Any = None, local_address: str | None = None, socket_options: Any = None
    ) -> httpcore.NetworkStream:
        addresses = self.route(host, port, timeout.deadline)[:ADDRESSES]
        for number, address in enumerate(addresses, 1):
            last = number == len(addresses)
            patience = timeout.left() if last else min(CONNECT_SECONDS, timeout.left())
            try:
                return _Stream(self.sockets.connect_tcp(str(address), port, patience))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if last:
                    raise
        raise httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(self, path: str, timeout: Any = None, socket_options: Any = None) -> Any:
        raise httpcore.ConnectError("no sockets of this machine")


def known(asker: str) -> Route:
    """For hosts that staff configure: looked up, and not judged."""
    return lambda host, port, deadline: look_up(host, port, deadline, asker)


def loopback(host: str, port: int, deadline: Deadline) -> Sequence[str]:
    """This machine, whatever the name is."""
    return ["127.0.0.1"]


class Wire:
    """Connections of one kind, kept open between questions while it is. Safe for threads."""

    def __init__(self, route: Route, tls: ssl.SSLContext = NO_TLS, *, server_name: str = "", kept: int = 4) -> None:
        self.server_name = server_name  # whose certificate is expected, where it is not the host's
        self.pool = httpcore.ConnectionPool(
            ssl_context=tls, network_backend=_Connector(route), max_connections=None,
            max_keepalive_connections=kept, keepalive_expiry=60.0,
        )  # fmt: skip
        weakref.finalize(self, self.pool.close)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self.pool.close()

    @contextlib.contextmanager
    def open(
        self, method: str, url: str, deadline: Deadline, *, headers: Mapping[str, str], body: bytes | None = None,
        most_bytes: int,
    ) -> Iterator[httpcore.Response]:  # fmt: skip
        """An answer whose body is still to be read, by `iter_stream`. Raises ERRORS, also while it is read."""
        try:
            read = httpx.URL(url).copy_with(fragment=None)
        except httpx.InvalidURL as error:
            raise httpcore.LocalProtocolError("that is no address") from error
        on_wire = httpcore.URL(scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path)
        allowance = Allowance(deadline, most_bytes)
        extensions: dict[str, Any] = {"timeout": dict.fromkeys(("connect", "read", "write"), allowance)}
        if self.server_name:
            extensions["sni_hostname"] = self.server_name
        with self.pool.stream(
            method, on_wire, headers=list(headers.items()), content=body, extensions=extensions
        ) as response:
            yield response

    def ask(
        self, method: str, url: str, deadline: Deadline, *, headers: Mapping[str, str], body: bytes | None = None,
        most_bytes: int, cut: bool = False,
    ) -> Answer:  # fmt: skip
        """One question. With `cut` the rest of a long answer is left unread; otherwise it raises TooLong. Raises
        ERRORS."""
        with self.open(method, url, deadline, headers=headers, body=body, most_bytes=most_bytes) as response:
            text = bytearray()
            for chunk in response.iter_stream():
                text += chunk
                if len(text) > most_bytes:
                    if not cut:
                        raise TooLong("more came than is read")
                    break
            told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Answer(response.status, told, bytes(text[:most_bytes]), url)
