"""The portal and the token that this command uses."""

import os

from .client import Portal
from .config import Config, address
from .problems import SIGN_IN, Trouble


class Session:
    """`url` is the address from the command line. Defaults: HUBPORTAL_URL, then the last login."""

    def __init__(self) -> None:
        self.url = ""
        self._open: list[Portal] = []

    def to(self, url: str, token: str = "") -> Portal:
        """Return a portal whose connections are closed by `close`."""
        self._open.append(Portal(url, token))
        return self._open[-1]

    def close(self) -> None:
        while self._open:
            self._open.pop().http.close()

    def portal(self) -> Portal:
        """Return the portal. Raise Trouble if no portal or no token is known."""
        token, url = os.environ.get("HUBPORTAL_TOKEN", ""), self.url or os.environ.get("HUBPORTAL_URL", "")
        known = Config() if token and url else Config.read()
        url = address(url or known.current) if url or known.current else ""
        if not url:
            raise Trouble("No portal is set. Log in first: hubportal login https://portal.example.org", SIGN_IN)
        token = token or known.tokens.get(url, "")
        if not token:
            raise Trouble(f"You are not logged in to {url}. Log in: hubportal login {url}", SIGN_IN)
        return self.to(url, token)


session = Session()
