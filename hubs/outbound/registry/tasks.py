"""What is asked of a registry, and the result."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from hubs.language import spoken
from hubs.spec.image_names import ImageName


@dataclass(frozen=True)
class Credentials:
    """A user name and password for one registry. `stamp` distinguishes passwords without revealing them."""

    username: str
    password: str = field(repr=False)
    stamp: str = ""

    def header(self) -> str:
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


@dataclass(frozen=True)
class Report:
    """The result for one image. `code` is one of:

    found; no-tag and no-image (does not exist); private (a password is needed, even to know whether it exists);
    refused (the password was not accepted); forbidden (the portal must not connect to the address); away (no response).
    """

    image: str
    code: str
    message: str = ""  # a sentence, if it was not found
    digest: str = ""
    size: int = 0  # bytes to pull for one platform
    created: datetime | None = None
    moving: bool = False
    only_for: str = ""  # the platform, if it is not linux/amd64
    similar: tuple[str, ...] = ()  # existing tags with similar names

    @property
    def found(self) -> bool:
        return self.code == "found"

    @property
    def missing(self) -> bool:
        """Whether it certainly does not exist."""
        return self.code in ("no-tag", "no-image")

    @property
    def private(self) -> bool:
        """Whether a password, or a different one, is needed."""
        return self.code in ("private", "refused")

    @property
    def unknown(self) -> bool:
        """Whether there was no response, so that it may exist."""
        return self.code == "away"


@dataclass(frozen=True)
class Task:
    """An image to check, with the credentials to use."""

    name: ImageName
    credentials: Credentials | None = None

    @property
    def key(self) -> str:
        """The cache key. Results with a password are only shared between callers with the same password."""
        who = f"{self.credentials.username}\n{self.credentials.stamp}" if self.credentials else ""
        return "image:" + hashlib.sha256(f"{self.name}\n{who}".encode()).hexdigest()

    @property
    def key_of_words(self) -> str:
        """The same for a result with a message, which is in one language."""
        return f"{self.key}:{spoken()}"
