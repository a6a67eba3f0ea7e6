"""A real HTTP proxy in front of the API server that fails one chosen request, before or after its effect.

Plain HTTP on loopback for the client, TLS to the API server. The client's identity stays (Authorization is passed on).
"""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

KINDS = ("timeout", "reset", 409, 410, 422, 429, 500, 503)
REASONS = {409: "Conflict", 410: "Expired", 422: "Invalid", 429: "TooManyRequests", 500: "InternalError",
           503: "ServiceUnavailable"}  # fmt: skip
HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length", "host"}


@dataclass(frozen=True)
class Fault:
    """Fail the nth request (from 1) in this way. `after`: the request was processed, and only the answer is lost."""

    nth: int
    kind: str | int
    after: bool = False


@dataclass
class Record:
    """The requests that passed: (method, path without its query)."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] not in ("GET", "HEAD")]


class FaultProxy:
    """`fault`: the next fault. `record`: requests so far. `on_request(n)` is called before the nth request passes."""

    def __init__(self, upstream: str, ca_pem: str) -> None:
        self.upstream = urlsplit(upstream)
        self.context = ssl.create_default_context(cadata=ca_pem)
        self.fault: Fault | None = None
        self.on_request: Callable[[int], None] | None = None
        self.record = Record()
        self._upstreams = threading.local()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # otherwise each answer waits 40 ms for an acknowledgement

            def log_message(self, *args: Any) -> None:
                pass

            def _any(self) -> None:
                proxy.handle(self)

            def finish(self) -> None:
                super().finish()
                proxy.leave()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # a client that left, or that this proxy cut off

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def reset(self, fault: Fault | None = None) -> None:
        """Restart the counting."""
        self.record, self.fault = Record(), fault

    # --- one request --------------------------------------------------------------------------------------------------
    def handle(self, client: BaseHTTPRequestHandler) -> None:
        length = int(client.headers.get("Content-Length") or 0)
        body = client.rfile.read(length) if length else None
        with self.record.lock:
            self.record.calls.append((client.command, client.path.split("?")[0]))
            number = len(self.record.calls)
        if self.on_request:
            self.on_request(number)
        fault = self.fault if self.fault and self.fault.nth == number else None
        if fault and not fault.after:
            self._fail(client, fault)
            return
        answer, content = self._forward(client, body, stream=not fault)
        if fault:
            self._fail(client, fault)
        elif answer is not None:
            self._pass_on(client, answer, content)

    def _forward(
        self, client: BaseHTTPRequestHandler, body: bytes | None, stream: bool
    ) -> tuple[HTTPResponse | None, bytes | None]:
        headers = {name: value for name, value in client.headers.items() if name.lower() not in HOP}
        for fresh in (False, True):
            connection: HTTPSConnection | None = getattr(self._upstreams, "connection", None)
            if fresh or connection is None:
                if connection:
                    connection.close()
                host, port = self.upstream.hostname or "", self.upstream.port
                connection = self._upstreams.connection = HTTPSConnection(host, port, context=self.context, timeout=60)
            try:
                connection.request(client.command, client.path, body=body, headers=headers)
                answer = connection.getresponse()
            except OSError:
                if not fresh:
                    continue
                self._cut(client)
                return None, None
            if stream and "watch=true" in client.path:
                return answer, None
            return answer, answer.read()
        return None, None

    def leave(self) -> None:
        """Close the upstream connection when a client's thread ends."""
        connection: HTTPSConnection | None = getattr(self._upstreams, "connection", None)
        if connection:
            connection.close()

    def _pass_on(self, client: BaseHTTPRequestHandler, answer: HTTPResponse, content: bytes | None) -> None:
        client.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                client.send_header(name, value)
        if content is not None:
            client.send_header("Content-Length", str(len(content)))
            client.end_headers()
            client.wfile.write(content)
            return
        client.send_header("Connection", "close")
        client.close_connection = True
        client.end_headers()
        while chunk := answer.read1(65536):
            client.wfile.write(chunk)
            client.wfile.flush()

    def _fail(self, client: BaseHTTPRequestHandler, fault: Fault) -> None:
        if fault.kind == "timeout":
            client.connection.settimeout(30)
            client.connection.recv(1)  # stays silent until the client leaves
            client.close_connection = True
        elif fault.kind == "reset":
            self._cut(client)
        else:
            code = int(fault.kind)
            status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": REASONS[code],
                      "message": f"injected {code}"}  # fmt: skip
            content = json.dumps(status).encode()
            client.send_response(code)
            if code == 429:
                client.send_header("Retry-After", "1")
            client.send_header("Content-Type", "application/json")
            client.send_header("Content-Length", str(len(content)))
            client.end_headers()
            client.wfile.write(content)

    def _cut(self, client: BaseHTTPRequestHandler) -> None:
        """Send a TCP reset instead of an orderly close."""
        client.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close_connection = True
        client.connection.close()
