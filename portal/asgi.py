"""The web process: `uvicorn portal.asgi:application`."""

import asyncio
import logging
import os
from typing import Any

from django.core.asgi import get_asgi_application
from django.urls import get_resolver

from portal import lean

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
log = logging.getLogger(__name__)
UNREAD = 30.0  # seconds
BODY = 30.0  # seconds; one MiB at 35 KiB per second
MOST = 2 * 1024 * 1024  # bytes; above DATA_UPLOAD_MAX_MEMORY_SIZE, so that slightly too large a body still gets a page


class SaneTarget:
    """Refuse a request line that names another server (GET http://…), and several Host headers, with 400: it is unknown
    which host a proxy in front has used."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not self._sane(scope):
            await _refuse(send, 400, b"This is not a valid request for this portal.\n")
        else:
            await self.app(scope, receive, send)

    def _sane(self, scope: Any) -> bool:
        hosts = sum(name == b"host" for name, _ in scope["headers"])
        target = scope.get("raw_path") or scope["path"].encode()
        return hosts <= 1 and bool(target.startswith(b"/") and scope["path"].startswith("/"))


class BodyLimit:
    """Limit request bodies: 413 for one that is too large, 408 for one that is incomplete after `seconds`. Django would
    write the whole body to disk before it checks who sent it."""

    def __init__(self, app: Any, most: int = MOST, seconds: float = BODY) -> None:
        self.app, self.most, self.seconds = app, most, seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        read, status, whole, answering = 0, 0, False, False
        end = asyncio.get_running_loop().time() + self.seconds

        async def counted() -> Any:
            nonlocal read, status, whole
            try:
                async with asyncio.timeout_at(None if whole else end):
                    message = await receive()
            except TimeoutError:
                status = 408
                return {"type": "http.disconnect"}  # to Django, the client has disconnected
            whole = whole or not message.get("more_body", False)
            read += len(message.get("body", b""))
            status = 413 if read > self.most else status
            return message if read <= self.most else {"type": "http.disconnect"}

        async def noted(message: Any) -> None:
            nonlocal answering
            answering = True
            await send(message)

        await self.app(scope, counted, noted)
        if status and not answering:
            await _refuse(send, status, SAID[status])


async def _refuse(send: Any, status: int, said: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"connection", b"close"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": said})


class Unread:
    """End an event stream whose client has read nothing for `seconds`. At most 64 KiB (uvicorn's high-water mark) are
    buffered for it; when the client reads again, it finds the end, reconnects and resumes."""

    def __init__(self, app: Any, seconds: float = UNREAD) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stream = False

        async def in_time(message: Any) -> None:
            nonlocal stream
            if message["type"] == "http.response.start":
                stream = (b"Content-Type", b"text/event-stream") in message["headers"]
            try:
                async with asyncio.timeout(self.seconds if stream else None):
                    await send(message)
            except TimeoutError:
                log.info("a client of %s does not read; its stream is closed", scope["path"])
                raise asyncio.CancelledError from None  # to Django, the client has disconnected

        await self.app(scope, receive, in_time)


SAID = {
    408: b"The request body was not received in time. Try again.\n",
    413: b"The request body is too large. Send less than 1 MiB at a time.\n",
}
with lean.starting():
    application = SaneTarget(BodyLimit(Unread(get_asgi_application())))
    get_resolver().url_patterns  # noqa: B018 - load every view now, so that the first request is not slow
