"""Where mails go when no server is named: into the log of this machine, so that whoever tries the portal reads them."""

from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend


class InTheLog(EmailBackend):
    """Django's console backend, without what only a mail program reads."""

    def write_message(self, message: EmailMessage) -> Any:
        lines = [f"Mail to {', '.join(message.to)}: {message.subject}", *str(message.body).strip().splitlines()]
        self.stream.write("\n  | ".join(lines) + "\n")
