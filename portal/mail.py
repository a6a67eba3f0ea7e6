"""The mail backend when no mail server is configured: mails are written to the log, for people who try the portal."""

from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend


class InTheLog(EmailBackend):
    """Django's console backend, without technical headers."""

    def write_message(self, message: EmailMessage) -> Any:
        lines = [f"Mail to {', '.join(message.to)}: {message.subject}", *str(message.body).strip().splitlines()]
        self.stream.write("\n  | ".join(lines) + "\n")
