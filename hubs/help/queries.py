"""The guides as pages show them: read once from docs/, with links and pictures that lead somewhere here."""

import re
from dataclasses import replace
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse

from hubs.help.rules.documents import Document, at_the_same_addresses, read
from hubs.help.rules.finding import Found, search
from hubs.help.rules.guides import BY_SLUG, Guide, for_reader
from hubs.language import _, spoken

Result = tuple[Guide, Document, Found]


def _link(href: str) -> str:
    """Where a link of a guide leads to: to the web, within the guide, or to another guide."""
    parts = urlsplit(href)
    if parts.scheme in ("http", "https", "mailto") or not parts.path:
        return href
    if parts.path.removeprefix("../") == "openapi.yaml":
        return reverse("api-docs")
    slug = parts.path.removeprefix("../").removesuffix(".md")
    if slug not in BY_SLUG:
        return ""  # of the repository: decisions, sources
    return reverse("help-guide", args=[slug]) + (f"#{parts.fragment}" if parts.fragment else "")


def _picture(src: str) -> str:
    return static(f"help/{src.rpartition('/')[2]}")


def document(slug: str) -> Document:
    """Return a guide of hubs/help/rules/guides, in the reader's language if docs/<language>/ has it, else in English.
    Raise OSError when docs/ was not installed beside the portal."""
    return _document(slug, spoken())


@cache
def _document(slug: str, language: str) -> Document:
    folder = settings.BASE_DIR / "docs"
    translated = folder / language / f"{slug}.md"
    if language == "en" or not translated.exists():
        return read((folder / f"{slug}.md").read_text(encoding="utf-8"), _link, _picture)
    there = read(translated.read_text(encoding="utf-8"), _link, _picture)
    there = replace(there, parts=tuple(replace(part, html=_captions(part.html)) for part in there.parts))
    return at_the_same_addresses(there, _document(slug, "en"), language)


def _captions(html: str) -> str:
    """Say below each picture what it shows: pictures are of English pages only."""
    caption = _("{picture} (shown in English)", picture=r"\2")
    return re.sub(r'(<img [^>]*alt="([^"]*)"[^>]*>)', rf'\1 <span class="small muted">{caption}</span>', html)


def find(query: str, audiences: tuple[str, ...]) -> tuple[list[Result], list[Result]]:
    """Return what was found in the reader's own guides, and in all others; guides in their language first."""
    mine, others = for_reader(audiences)
    return _found(mine, query), _found(others, query)


def _found(guides: list[Guide], query: str) -> list[Result]:
    read_here = [(guide, document(guide.slug)) for guide in guides]
    weighed = [(guide.slug, guide.weight * (2 if one.language == spoken() else 1), one) for guide, one in read_here]
    found = search(weighed, query)
    return [(BY_SLUG[one.guide], document(one.guide), one) for one in found]
