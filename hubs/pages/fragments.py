"""A page, or the part of it that a browser asks for again."""

from typing import Any

from django.http import HttpRequest


def asks_for(request: HttpRequest, target: str) -> bool:
    """Does htmx want to replace this element alone?"""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and htmx.target == target


def part(request: HttpRequest, template: str, name: str, target: str = "") -> str:
    """The template's name, with that of the part when htmx asks for its element, which is called the same unless
    `target` says otherwise."""
    return f"{template}#{name}" if asks_for(request, target or name) else template
