"""Sanitise text that people wrote. JupyterHub shows `announcement` unescaped, so it has to be safe."""

from functools import cache
from typing import TYPE_CHECKING

import nh3

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_BLOCKS = {"p", "br", "hr", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4"}
_TAGS = _BLOCKS | {"strong", "em", "code", "a", "table", "thead", "tbody", "tr", "th", "td"}


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # imported here: sixty modules, needed only for announcements

    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def safe_html(markdown: str) -> str:
    """Return Markdown as HTML without scripts, styles, images or other URL schemes. "" stays ""."""
    if not markdown.strip():
        return ""
    return nh3.clean(
        _markdown().render(markdown),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    ).strip()
