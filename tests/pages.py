"""Pages as people read them: how a template breaks its lines must not matter to a test."""

from typing import Any


def read(response: Any) -> str:
    """Return the page's source with each run of white space as one space."""
    return " ".join(response.content.decode().split())
