"""Words that people wrote, made safe for a page. JupyterHub shows `announcement` unescaped, so this is the gate."""

from functools import cache
from typing import TYPE_CHECKING

import nh3

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_BLOCKS = {"p", "br", "hr", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4"}
_TAGS = _BLOCKS | {"strong", "em", "code", "a", "table", "thead", "tbody", "tr", "th", "td"}


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # here: sixty modules, for whoever writes an announcement

    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def safe_html(markdown: str) -> str:
    """Markdown as HTML without scripts, styles, pictures or foreign schemes. "" stays ""."""
    if not markdown.strip():
        return ""
    return nh3.clean(
        _markdown().render(markdown),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    ).strip()
