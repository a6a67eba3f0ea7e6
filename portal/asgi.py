"""The web process: `uvicorn portal.asgi:application`."""

import asyncio
import logging
import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
log = logging.getLogger(__name__)
UNREAD = 30.0  # seconds
MOST = 2 * 1024 * 1024  # bytes; above DATA_UPLOAD_MAX_MEMORY_SIZE, so that a little too much still gets a page


class BodyLimit:
    """Django writes a whole body to the disk before anybody asks who sends it. This stops reading first: 413."""

    def __init__(self, app: Any, most: int = MOST) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        read, answering = 0, False

        async def counted() -> Any:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            return message if read <= self.most else {"type": "http.disconnect"}  # for Django the sender has left

        async def noted(message: Any) -> None:
            nonlocal answering
            answering = True
            await send(message)

        await self.app(scope, counted, noted)
        if read > self.most and not answering:
            await self._refuse(send)

    async def _refuse(self, send: Any) -> None:
        headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": b"That is too large. Send less than a mebibyte at once.\n"})


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


application = BodyLimit(Unread(get_asgi_application()))
