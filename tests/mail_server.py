"""A real mail server on loopback, which misbehaves when a test wants it to."""

import asyncio
import email
import email.policy
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class MailServer:
    """`inbox` holds the received messages. `refused` are addresses that it rejects; `on_message` is called when a
    message has arrived, before the server confirms it."""

    def __init__(self) -> None:
        self.inbox: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.drop = 0  # so many connections are closed without a reply after a message has arrived
        self.on_message: Callable[[], None] = lambda: None

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refused:
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.inbox.append(email.message_from_bytes(content, policy=email.policy.default))  # type: ignore[arg-type]
        self.on_message()
        if self.drop:
            self.drop -= 1
            assert server.transport
            server.transport.close()
            await asyncio.sleep(0)
        return "250 OK"

    def of(self, person: str) -> list[EmailMessage]:
        return [message for message in self.inbox if person in str(message["To"])]


@contextmanager
def mail_server(settings: Any) -> Iterator[MailServer]:
    """A mail server that Django uses, with short deadlines."""
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = controller.hostname, controller.port, 20
    try:
        yield server
    finally:
        controller.stop()


@contextmanager
def silent_server(settings: Any) -> Iterator[None]:
    """A mail server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        before = settings.EMAIL_PORT, settings.EMAIL_TIMEOUT
        settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = listening.getsockname()[1], 0.2
        yield
        settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = before


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
