"""uvicorn's HTTP protocol with limits for request headers: a deadline, a size, and half-open connections per address.

uvicorn waits for the end of the headers without a limit, and llhttp accepts headers of any size, so slow clients could
occupy all connections (Slowloris). Usage: `uvicorn --http portal.web.front_door:FrontDoor`. Bodies have their deadline
in portal.asgi; the total number of connections is limited by the reverse proxy.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger(__name__)
SECONDS = 20.0  # from the connection, or the first byte of its next request, to the end of the headers
LARGEST = 64 * 1024  # bytes of headers
MOST = 100  # connections of one address that have not sent their headers yet


class FrontDoor(HttpToolsProtocol):
    _timer: asyncio.TimerHandle | None = None
    _read = 0  # bytes of headers so far

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()
        alike = (
            one for one in self.connections if isinstance(one, FrontDoor) and one._timer and one._from == self._from
        )
        if sum(1 for _ in alike) > MOST:
            log.info("too many half-open connections from %s", self._from)
            transport.abort()

    @property
    def _from(self) -> str:
        return self.client[0] if self.client else ""

    def _wait(self) -> None:
        if self._timer is None:
            self._read = 0
            self._timer = self.loop.call_later(SECONDS, self._late)

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def on_message_begin(self) -> None:
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        self._read += len(data)
        super().data_received(data)
        if self._timer and self._read > LARGEST:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _late(self) -> None:
        self._timer = None
        if self._read:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        elif not self.transport.is_closing():
            self.transport.close()  # opened in advance by a browser, and not needed

    def _refuse(self, status: HTTPStatus) -> None:
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(head.encode())
        self.transport.close()
