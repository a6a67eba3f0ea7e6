"""Responses and bodies that are files: any type in Accept, and CSV tables of names or rules."""

from typing import Any

from django.http import HttpResponse
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from hubs.errors import Invalid
from hubs.language import _

LARGEST = 1024 * 1024  # bytes


class AsAsked(JSONRenderer):
    """For endpoints that return a file whatever Accept says. Problems are still JSON."""

    media_type = "*/*"
    format = "file"


class Table(BaseParser):
    """text/csv as {"text": ...}. Raises Invalid ("file")."""

    media_type = "text/csv"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, str]:
        data = stream.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise Invalid(_("This file is too large."), {"file": [_("The file can have at most 1 MiB.")]})
        try:
            return {"text": data.decode("utf-8-sig")}
        except UnicodeDecodeError:
            raise Invalid.beside("file", _("This file is not UTF-8 text.")) from None


def as_file(body: bytes | str, kind: str, name: str) -> HttpResponse:
    """Return a file download. `name` is its file name; the caller makes sure that it is safe."""
    text = kind if isinstance(body, bytes) else f"{kind}; charset=utf-8"
    return HttpResponse(
        body, content_type=text,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )  # fmt: skip
