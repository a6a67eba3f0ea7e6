"""A real server on loopback that holds its clients in every way: it drips, hangs, floods, and never ends."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\n"
DROP = 0.05  # seconds between two bytes


@dataclass
class BadServer:
    """`port` is where it listens. `came` has the first lines of all requests that it could read."""

    port: int
    over: threading.Event
    came: list[str] = field(default_factory=list)


def _drip(send: Callable[[bytes], None], server: BadServer, head: bytes, piece: bytes = b"a") -> None:
    send(head)
    while not server.over.wait(DROP):
        send(piece)


def _flood(send: Callable[[bytes], None], server: BadServer, head: bytes, piece: bytes) -> None:
    send(head)
    while not server.over.is_set():
        send(piece)


def _silence(send: Callable[[bytes], None], server: BadServer) -> None:
    server.over.wait(60)


def _redirect(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"
# name -> what it does once a request has arrived
BEHAVIOURS: dict[str, Callable[[Callable[[bytes], None], BadServer], None]] = {
    "says nothing": _silence,
    "drips its first line": lambda send, server: _drip(send, server, b"HTTP/1.1 200 "),
    "drips a header": lambda send, server: _drip(send, server, OK + b"X: "),
    "drips a body": lambda send, server: _drip(send, server, OK + b"Content-Length: 100000\r\n\r\n"),
    "drips chunks": lambda send, server: _drip(send, server, OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "sends headers without end": lambda send, server: _flood(send, server, OK, b"X-A: " + b"b" * 900 + b"\r\n"),
    "says continue without end": lambda send, server: _flood(send, server, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "floods a body": lambda send, server: _flood(
        send, server, OK + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65536
    ),
    "floods chunks": lambda send, server: _flood(send, server, OK + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK),
    "redirects to itself": lambda send, server: send(_redirect(f"http://127.0.0.1:{server.port}/again")),
    "redirects inside": lambda send, server: send(_redirect("http://10.0.0.1/latest/meta-data/")),
}
BEFORE = "takes the call and says nothing", "hangs in TLS"


@contextmanager
def bad_server(behaviour: str, tls: Path | None = None) -> Iterator[BadServer]:
    """Run the server. `tls`: a file with key and certificate; "hangs in TLS" answers a ClientHello in drips."""
    context = None
    if tls and behaviour not in BEFORE:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        server = BadServer(listening.getsockname()[1], threading.Event())
        threads = []

        def serve(connection: socket.socket) -> None:
            with suppress(OSError, ssl.SSLError), connection:
                connection.settimeout(30)
                if behaviour == BEFORE[1]:
                    _drip(connection.sendall, server, b"\x16\x03\x03\x40\x00")
                if behaviour in BEFORE:
                    server.over.wait(60)
                    return
                speaking = context.wrap_socket(connection, server_side=True) if context else connection
                with speaking:
                    asked = speaking.recv(65536)
                    server.came.append(asked.split(b"\r\n")[0].decode("latin-1"))
                    BEHAVIOURS[behaviour](speaking.sendall, server)

        def accept() -> None:
            while not server.over.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    continue
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

        listening.settimeout(0.05)
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield server
        finally:
            server.over.set()
            accepting.join(5)
            for thread in threads:
                thread.join(5)


@contextmanager
def stopwatch(most: float) -> Iterator[None]:
    """Fail when the block took longer; generous, because other tests run on this machine."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took < most, f"{took:.1f} s"
