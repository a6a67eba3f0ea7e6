"""A whole page, or the part of it that htmx requests."""

from typing import Any

from django.http import HttpRequest


def asks_for(request: HttpRequest, target: str) -> bool:
    """Return whether htmx requests only this element."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and htmx.target == target


def part(request: HttpRequest, template: str, name: str, target: str = "") -> str:
    """Return the template's name, with the part's name added if htmx requests its element. `target`: the element's id,
    by default the part's name."""
    return f"{template}#{name}" if asks_for(request, target or name) else template
