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
BODY = 30.0  # seconds; a mebibyte at 35 KiB a second
MOST = 2 * 1024 * 1024  # bytes; above DATA_UPLOAD_MAX_MEMORY_SIZE, so that a little too much still gets a page


class SaneTarget:
    """A request line that names another server (GET http://…), or several Host headers, is for nobody here: 400. Which
    of them a proxy in front went by is not known."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not self._sane(scope):
            await _refuse(send, 400, b"This is no request for a page of this portal.\n")
        else:
            await self.app(scope, receive, send)

    def _sane(self, scope: Any) -> bool:
        hosts = sum(name == b"host" for name, _ in scope["headers"])
        target = scope.get("raw_path") or scope["path"].encode()
        return hosts <= 1 and bool(target.startswith(b"/") and scope["path"].startswith("/"))


class BodyLimit:
    """Django writes a whole body to the disk before anybody asks who sends it. This stops reading first: 413 for one
    that is too large, 408 for one that has not come whole in so many seconds."""

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
                return {"type": "http.disconnect"}  # for Django the sender has left
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
    """An event stream whose reader takes nothing for so many seconds ends: what is buffered for it (64 KiB, uvicorn's
    mark) is its own, and when it reads again it finds the end, comes back and resumes. Nobody else waits for it."""

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
                log.info("a reader of %s takes nothing; its stream ends", scope["path"])
                raise asyncio.CancelledError from None  # what Django takes for a reader that has left

        await self.app(scope, receive, in_time)


SAID = {
    408: b"The body did not come in time. Send it again.\n",
    413: b"That is too large. Send less than a mebibyte at once.\n",
}
with lean.starting():
    application = SaneTarget(BodyLimit(Unread(get_asgi_application())))
    get_resolver().url_patterns  # noqa: B018 - loads every page now, so that the first one asked for is not the slow one
