"""A guide, read from its Markdown: parts with headings, each as HTML for the page and as text for the search. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Address = Callable[[str], str]  # where a link or a picture of the Markdown leads to here; "" for nowhere
DEEPEST = 3  # headings below this level stay inside their part


@dataclass(frozen=True)
class Part:
    """A heading with everything up to the next one. `level` is 2 or 3; the part before the first heading has 1."""

    level: int
    anchor: str
    title: str
    html: str
    text: str


@dataclass(frozen=True)
class Document:
    title: str
    parts: tuple[Part, ...]
    language: str = "en"

    def anchors(self) -> frozenset[str]:
        return frozenset(part.anchor for part in self.parts)


def _markdown() -> "MarkdownIt":
    """Markdown without HTML. Tables scroll by themselves, and code can be reached by keyboard."""
    from markdown_it import MarkdownIt  # imported here: sixty modules, needed only when someone opens a guide

    md = MarkdownIt("commonmark", {"html": False}).enable("table")
    md.add_render_rule("table_open", lambda *_: '<div class="table-scroll" tabindex="0"><table class="table">\n')
    md.add_render_rule("table_close", lambda *_: "</table></div>\n")
    fence = md.renderer.rules["fence"]  # type: ignore[attr-defined]
    md.add_render_rule(
        "fence",
        lambda _, *given: '<div class="code">' + fence(*given).replace("<pre>", '<pre tabindex="0">', 1) + "</div>\n",
    )
    return md


def anchor(title: str, taken: Sequence[str] = ()) -> str:
    """Return the address of a heading within its page, as GitHub writes it, so that links hold in both."""
    plain = re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")
    repeated = sum(one == plain or re.fullmatch(re.escape(plain) + r"-\d+", one) is not None for one in taken)
    return f"{plain}-{repeated}" if repeated else plain


def _words(tokens: Sequence["Token"]) -> str:
    """Return the plain text of some tokens, for titles and for the search, with a line for each row of a table."""
    found = []
    for token in tokens:
        if token.type in ("text", "code_inline", "fence", "code_block"):
            found.append(token.content)
        elif token.type in ("softbreak", "hardbreak", "td_close", "th_close", "paragraph_close"):
            found.append(" ")
        elif token.type == "tr_close":
            found.append("\n")
        found.append(_words(token.children or []))
    return "".join(found)


def _led(tokens: Sequence["Token"], link: Address, picture: Address) -> list["Token"]:
    """Return a paragraph's tokens with links and pictures that lead somewhere here; other links become plain text."""
    led, dropped = [], 0
    for token in tokens:
        if token.type == "link_open":
            href = link(str(token.attrs["href"]))
            if not href:
                dropped += 1
                continue
            token.attrs["href"] = href
        elif token.type == "link_close" and dropped:
            dropped -= 1
            continue
        elif token.type == "image":
            token.attrs = {
                "src": picture(str(token.attrs["src"])),
                "alt": _words(token.children or []),
                "loading": "lazy",
            }
        led.append(token)
    return led


def read(markdown: str, link: Address, picture: Address) -> Document:
    """Return a guide's title and parts. `link` and `picture` are called with each address as the Markdown has it."""
    md = _markdown()
    tokens = md.parse(markdown)
    for token in tokens:
        if token.children:
            token.children = _led(token.children, link, picture)
    starts = [at for at, token in enumerate(tokens) if token.type == "heading_open" and int(token.tag[1]) <= DEEPEST]
    parts: list[Part] = []
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        title, body = _words(tokens[start + 1].children or []).strip(), tokens[start + 3 : end]
        html = md.renderer.render(body, md.options, {})
        text = "\n".join(" ".join(line.split()) for line in _words(body).splitlines())
        parts.append(Part(int(tokens[start].tag[1]), anchor(title, [part.anchor for part in parts]), title, html, text))
    return Document(parts[0].title if parts else "", tuple(parts))


def at_the_same_addresses(translated: Document, original: Document, language: str) -> Document:
    """Return a translation with the addresses of the original, which has the same headings in this order."""
    pairs = zip(translated.parts, original.parts, strict=True)
    parts = tuple(replace(part, anchor=english.anchor) for part, english in pairs)
    return Document(translated.title, parts, language)
