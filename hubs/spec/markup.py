"""Words that people wrote, made safe for a page. JupyterHub shows `announcement` unescaped, so this is the gate."""

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_BLOCKS = {"p", "br", "hr", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4"}
_TAGS = _BLOCKS | {"strong", "em", "code", "a", "table", "thead", "tbody", "tr", "th", "td"}


def safe_html(markdown: str) -> str:
    """Markdown as HTML without scripts, styles, pictures or foreign schemes. "" stays ""."""
    if not markdown.strip():
        return ""
    return nh3.clean(
        _MARKDOWN.render(markdown),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    ).strip()
