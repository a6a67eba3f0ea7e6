"""The low-level HTTP client of the portal. All outbound requests (to registries, webhooks, hubs, API servers, sign-in
providers) use it, so each has one deadline and reads a bounded number of bytes.

A wire resolves names with its `route`: addresses that people entered are checked (client.py); a cluster's API server,
and a hub on this machine, are known. Proxy environment variables are ignored. Redirects are not followed.
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
ADDRESSES = 4  # addresses of one name that are tried
ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    OSError,
)  # of a request
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts no certificates: for wires with plain HTTP


def is_tls(error: BaseException | None) -> bool:
    """Return whether TLS failed. httpcore wraps the library's error."""
    return isinstance(error, httpcore.ConnectError) and any(isinstance(one, ssl.SSLError) for one in error.args)


@dataclass(frozen=True)
class Answer:
    """A response. Header names are lowercase; `url` is the final URL."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.body).hexdigest()}"


class _Stream(httpcore.NetworkStream):
    """A socket whose reads and writes all end with the request's deadline, so that a server that sends single bytes
    can't hold it open. Every `timeout` is an Allowance."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self.inner = inner

    def read(self, max_bytes: int, timeout: Any = None) -> bytes:
        data = self.inner.read(max_bytes, timeout.left())
        timeout.read(len(data))
        return data

    def write(self, buffer: bytes, timeout: Any = None) -> None:
        connected, rest = self.inner.get_extra_info("socket"), memoryview(buffer)
        try:
            while rest:  # httpcore's own loop restarts the timeout for each piece
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
        except httpcore.ConnectTimeout as error:  # the connection itself was made
            raise httpcore.ReadTimeout("no TLS in time") from error

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class _Connector(httpcore.NetworkBackend):
    """Opens all connections."""

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
        raise httpcore.ConnectError("Unix sockets are not supported")


def known(asker: str) -> Route:
    """Return a route for hosts that staff configure: looked up, but not checked."""
    return lambda host, port, deadline: look_up(host, port, deadline, asker)


def loopback(host: str, port: int, deadline: Deadline) -> Sequence[str]:
    """A route to this machine, whatever the name is."""
    return ["127.0.0.1"]


class Wire:
    """Connections with one configuration, kept open between requests. Thread-safe."""

    def __init__(self, route: Route, tls: ssl.SSLContext = NO_TLS, *, server_name: str = "", kept: int = 4) -> None:
        self.server_name = server_name  # name in the expected certificate, if it is not the host
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
        """Yield a response whose body is read with `iter_stream`. Raise ERRORS, also while it is read."""
        try:
            read = httpx.URL(url).copy_with(fragment=None)
        except httpx.InvalidURL as error:
            raise httpcore.LocalProtocolError("invalid address") from error
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
        """Send one request, and return the response. With `cut`, the rest of a long response is not read; otherwise
        raise TooLong. Raise ERRORS."""
        with self.open(method, url, deadline, headers=headers, body=body, most_bytes=most_bytes) as response:
            text = bytearray()
            for chunk in response.iter_stream():
                text += chunk
                if len(text) > most_bytes:
                    if not cut:
                        raise TooLong("the response is longer than the limit")
                    break
            told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Answer(response.status, told, bytes(text[:most_bytes]), url)
