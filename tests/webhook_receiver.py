"""A real receiver of webhooks on loopback, which misbehaves when a test wants it to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Heard:
    """One received POST."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes


@dataclass
class Receiver:
    """`heard` holds what it received. `answers` are (status, headers, body), returned one after another, then `usual`.
    `on_post` is called when a message has arrived, before it is answered."""

    port: int = 0
    usual: tuple[int, dict[str, str], bytes] = (204, {}, b"")
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    on_post: Callable[[], None] = lambda: None
    over: threading.Event = field(default_factory=threading.Event)  # set when the test has ended
    drips: bool = False  # the answer comes byte by byte, without an end
    hangs: bool = False  # it never answers

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.heard]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.heard.append(Heard(self.path, headers, body))
            receiver.on_post()
            if receiver.hangs:
                receiver.over.wait(60)
                return
            status, more, text = receiver.answers.pop(0) if receiver.answers else receiver.usual
            try:
                self._answer(status, more, text)
            except OSError:
                return  # the client left, as the test wanted

        def _answer(self, status: int, more: dict[str, str], text: bytes) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            if not receiver.drips:
                self.wfile.write(text)
            for byte in text if receiver.drips else b"":
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if receiver.over.wait(0.02):
                    return

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def receiver(port: int = 0) -> Iterator[Receiver]:
    """Listen until the end of the block."""
    found = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(found))
    server.daemon_threads = False  # handlers that hang end with the block
    server.block_on_close = True
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        found.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
