"""Pages as they are read: where a template breaks its lines is no test's business."""

from typing import Any


def read(response: Any) -> str:
    """Return the page's source with every run of white space one space."""
    return " ".join(response.content.decode().split())
