"""The saved portals and their tokens, in one file that only its owner can read."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .problems import SIGN_IN, Trouble


def folder() -> Path:
    """Return the configuration folder, by the XDG Base Directory Specification."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "hubportal"


@dataclass
class Config:
    """`current` is the address used when none is given; `tokens` are stored by address."""

    current: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Config":
        path = folder() / "config.json"
        try:
            data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return cls(str(data["current"]), {str(url): str(token) for url, token in data["tokens"].items()})
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise Trouble(f"{path} can't be read. Remove it and log in again.", SIGN_IN) from None

    def write(self) -> Path:
        path = folder() / "config.json"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump({"current": self.current, "tokens": self.tokens}, file, indent=1)
        new.replace(path)
        return path


def address(given: str) -> str:
    """Return a portal's address in the form in which it is saved. Raise Trouble if it is not valid."""
    url = given.strip().rstrip("/")
    if not url.startswith(("http://", "https://")) or any(letter.isspace() for letter in url):
        raise Trouble(f"“{given}” is not a valid portal address. It must begin with https://.", 2)
    return url
