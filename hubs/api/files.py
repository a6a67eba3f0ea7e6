"""Answers and bodies that are files: what a program asks for in Accept, and a table of names or rules as CSV."""

from typing import Any

from django.http import HttpResponse
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from hubs.errors import Invalid

LARGEST = 1024 * 1024  # bytes


class AsAsked(JSONRenderer):
    """Beside JSON, for endpoints that answer with a file whatever is accepted. Problems are JSON all the same."""

    media_type = "*/*"
    format = "file"


class Table(BaseParser):
    """text/csv as {"text": ...}. Raises Invalid ("file")."""

    media_type = "text/csv"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, str]:
        data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise Invalid("This file is too large.", {"file": ["At most 1 MiB."]})
        try:
            return {"text": data.decode("utf-8-sig")}
        except UnicodeDecodeError:
            raise Invalid.beside("file", "This is no text in UTF-8.") from None


def as_file(body: bytes | str, kind: str, name: str) -> HttpResponse:
    """`name` is what a browser would call it; the caller has made it from nothing strange."""
    text = kind if isinstance(body, bytes) else f"{kind}; charset=utf-8"
    return HttpResponse(
        body, content_type=text,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )  # fmt: skip
