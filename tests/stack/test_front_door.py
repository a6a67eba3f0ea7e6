"""How a real uvicorn, started like `make run` does, handles half-sent, oversized and invalid requests."""

import contextlib
import socket
import time

import pytest

from portal import asgi
from portal.web import front_door
from tests.stack.portal import until

pytestmark = pytest.mark.processes


@pytest.fixture
def web(portal, cluster):
    place = portal()
    place.start("redis", "web")
    return place


@contextlib.contextmanager
def connected(web):
    with socket.create_connection(("127.0.0.1", web.port), timeout=front_door.SECONDS + asgi.BODY + 20) as connection:
        yield connection


def answer_to(web, sent):
    """Return everything that is answered to these bytes, until the connection is closed."""
    with connected(web) as connection:
        connection.sendall(sent)
        return rest(connection)


def rest(connection):
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            found += part
    return found


def request(target="/sign-in/", *headers, method="GET"):
    lines = (f"{method} {target} HTTP/1.1", "connection: close", *headers)
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def test_an_invalid_request_is_400_with_one_log_line(web):
    host = f"host: 127.0.0.1:{web.port}"
    asked = {
        "no name": request("/sign-in/", "host: a@b"),
        "two names": request("/sign-in/", host, "host: evil.example"),
        "two names in one": request("/sign-in/", "host: 127.0.0.1, evil.example"),
        "port": request("/sign-in/", "host: 127.0.0.1:99999999"),
        "huge": request("/sign-in/", f"host: {'x' * 5000}"),
        "empty": request("/sign-in/", "host:  "),
        "two the same": request("/sign-in/", host, host),
        "evil at the API": request("/api/v1/me/", "host: a@b"),
    }
    for what, sent in asked.items():
        assert answer_to(web, sent).startswith(b"HTTP/1.1 400"), what
    for target in ("http://evil.example/sign-in/", "http://", "evil", "//", "*", "http://[", "/%zz"):
        found = answer_to(web, request(target, host))
        assert found[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 200"), (target, found[:100])
        assert b"evil.example" not in found.split(b"\r\n\r\n")[0]
    assert "Traceback" not in web.log("web")
    assert answer_to(web, request("/sign-in/", host)).startswith(b"HTTP/1.1 200")


def test_endless_headers_are_refused(web):
    sent = request("/sign-in/", f"host: 127.0.0.1:{web.port}")[:-2]
    more = b"".join(f"x-{n}: {'x' * 1000}\r\n".encode() for n in range(3 * front_door.LARGEST // 1000))
    assert answer_to(web, sent + more)[:12] in (b"HTTP/1.1 431", b"")


def test_dripping_headers_end_with_408_and_others_are_served_meanwhile(web):
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connected(web)) for _ in range(50)]
        for connection in slow:
            connection.sendall(b"GET /sign-in/ HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ")
        assert answer_to(web, request("/sign-in/", f"host: 127.0.0.1:{web.port}")).startswith(b"HTTP/1.1 200")
        for connection in slow:
            with contextlib.suppress(OSError):
                connection.sendall(b"x")  # the deadline is for the whole request, not for each byte
            assert rest(connection).startswith(b"HTTP/1.1 408")
    assert time.monotonic() - began < 2 * front_door.SECONDS


def test_half_open_connections_are_limited_by_address(web):
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connected(web)) for _ in range(front_door.MOST)]
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\n")
        ended = stack.enter_context(connected(web))
        with contextlib.suppress(OSError):
            ended.sendall(b"GET / HTTP/1.1\r\n")
        assert rest(ended) == b"", "one more is closed at once"
        for connection in slow[:20]:
            connection.close()
        host = f"host: 127.0.0.1:{web.port}"
        until(lambda: answer_to(web, request("/sign-in/", host)).startswith(b"HTTP/1.1 200"), "there is room again")


def test_a_dripping_body_ends_with_408(web):
    began = time.monotonic()
    with connected(web) as connection:
        host = f"host: 127.0.0.1:{web.port}"
        connection.sendall(request("/sign-in/", host, "content-length: 1000", method="POST"))
        connection.settimeout(1)
        found = b""
        while not found and time.monotonic() - began < asgi.BODY + 20:
            with contextlib.suppress(TimeoutError):
                connection.sendall(b"x")
                found = connection.recv(65536)
        assert found.startswith(b"HTTP/1.1 408"), found
    assert asgi.BODY - 1 < time.monotonic() - began < asgi.BODY + 15
    assert "Traceback" not in web.log("web")
