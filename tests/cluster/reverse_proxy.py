"""Plays the ingress controller: forwards SLUG.DOMAIN on this machine to the hub's Service.

It reads the Host of a connection's first request and then copies bytes in both directions, so websockets work and no
header is changed. A browser uses a connection for one host name only, so the first request is enough.
"""

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable

HEAD = 64 * 1024  # bytes


class ReverseProxy:
    """Listens on a free loopback port from `start()` to `stop()`. `find(slug)`: (host, port), or None when unknown."""

    def __init__(self, find: Callable[[str], tuple[str, int] | None]) -> None:
        self.find = find
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="reverse proxy", daemon=True)

    def start(self) -> None:
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        async def end() -> None:
            self._server.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                host = re.search(rb"(?im)^host:\s*([^:\s]+)", head)
                slug = host[1].decode().partition(".")[0] if host else ""
                place = await asyncio.to_thread(self.find, slug)
                if place is None:
                    writer.write(b"HTTP/1.1 503 No hub here\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    await writer.drain()
                    return
                inner, outer = await asyncio.wait_for(asyncio.open_connection(*place), 5)
                outer.write(head)
                await asyncio.gather(_carry(reader, outer), _carry(inner, writer))
            finally:
                writer.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until one side ends, and end the other side then."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
