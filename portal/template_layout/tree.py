"""A template's text as a tree of elements and template tags. Pure.

Every node has the `Gap` before it: whether there is white space. Text that must not be changed is one `Raw` node.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
VERBATIM = {"pre", "textarea", "script", "style"}
VERBATIM_CLASSES = {"theirs", "text", "reason", "log"}  # white-space: pre-wrap or pre-line in static/css
DRAWN = {"panel", "fact", "post_form"}  # own tags that render a block around their content
BOXED = {"component", "part", *DRAWN}
PAIRS = {
    *"if for with block partialdef autoescape spaceless filter ifchanged cache blocktranslate".split(),
    *BOXED,
}
BRANCHES = {"if": {"elif", "else"}, "for": {"empty"}, "ifchanged": {"else"}, "blocktranslate": {"plural"}}
TEMPLATE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}")
SPACE = re.compile(r"\s+")
NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)")


@dataclass
class Gap:
    """The gap between two nodes. `left` and `right`: what may be next to it, an edge or words."""

    space: bool = False
    blank: bool = False  # there is an empty line
    left: set[str] = field(default_factory=set)
    right: set[str] = field(default_factory=set)
    pinned: bool = False  # a line break here would make an empty element non-empty

    @property
    def free(self) -> bool:
        """Whether white space here is never visible."""
        return not self.pinned and (self.left <= {"edge"} or self.right <= {"edge"})

    @property
    def breakable(self) -> bool:
        return self.space or self.free


@dataclass
class Word:
    """Text without white space, or a `{{ variable }}`."""

    text: str
    gap: Gap = field(default_factory=Gap)


@dataclass
class Tag:
    """A template tag without an end tag, or a template comment."""

    text: str
    name: str
    gap: Gap = field(default_factory=Gap)
    inside_flex: bool = False


@dataclass
class Raw:
    """Text to leave unchanged: an element whose white space is visible, or an HTML comment. `pieces`: its start tag."""

    text: str
    name: str
    pieces: list[str] = field(default_factory=list)
    gap: Gap = field(default_factory=Gap)


@dataclass
class Branch:
    """One branch of a `Pair`: its opening tag, its nodes, and the gap at its end."""

    tag: str
    nodes: list["Node"] = field(default_factory=list)
    end: Gap = field(default_factory=Gap)


@dataclass
class Pair:
    """A template tag with an end tag (`close`): if, for, block."""

    name: str
    branches: list[Branch]
    close: str = ""
    gap: Gap = field(default_factory=Gap)


@dataclass
class Element:
    """An HTML element. `pieces`: its name and its attributes, each with the template tags inside it."""

    name: str
    pieces: list[str]
    nodes: list["Node"] = field(default_factory=list)
    close: str = ""  # "" for a void element
    end: Gap = field(default_factory=Gap)
    gap: Gap = field(default_factory=Gap)
    inside_flex: bool = False

    @property
    def classes(self) -> set[str]:
        value = next((piece for piece in self.pieces if piece.startswith(" class=")), "")
        return set(re.findall(r"[\w-]+", TEMPLATE.sub(" ", value.partition("=")[2])))


Node = Word | Tag | Raw | Pair | Element


class Malformed(ValueError):
    """Tags and elements are not properly nested."""


def tag_end(text: str, start: int) -> int:
    """Return the index after the HTML tag at `start`. Quotes and template tags may contain ">". Raise Malformed."""
    at, quote = start + 1, ""
    while at < len(text):
        inner = TEMPLATE.match(text, at)
        if inner:
            at = inner.end()
            continue
        sign = text[at]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == ">":
            return at + 1
        at += 1
    raise Malformed(f"no end of {text[start : start + 60]!r}")


def pieces(tag: str) -> list[str]:
    """Split a start tag wherever white space is allowed: at spaces, and before an `{% if %}` that contains attributes.

    A piece keeps the space before it, if there was one.
    """
    inner = tag[1:-1].rstrip()
    inner = inner[:-1].rstrip() if inner.endswith("/") else inner
    found, start, at, quote = [], 0, 0, ""
    while at < len(inner):
        template = TEMPLATE.match(inner, at)
        if template:
            holds = template_name(template[0]) in {"if", "for"} and inner[template.end() : template.end() + 1].isspace()
            if holds and not quote and start < at and inner[start:at].strip():
                found.append(inner[start:at])
                start = at
            at = template.end()
            continue
        if quote:
            quote = "" if inner[at] == quote else quote
        elif inner[at] in "\"'":
            quote = inner[at]
        elif inner[at].isspace() and start < at:
            found.append(inner[start:at])
            start = at
            while inner[at + 1].isspace():
                at += 1
        at += 1
    found.append(inner[start:])
    return [" " + piece.lstrip() if piece[0].isspace() else piece for piece in found]


def tokens(text: str) -> Iterator[str]:
    """Split the text into white space, words, template tags, HTML tags and comments; joined, they equal the text."""
    at = 0
    while at < len(text):
        found = SPACE.match(text, at) or TEMPLATE.match(text, at)
        if found:
            end = found.end()
        elif text.startswith("<!--", at):
            end = text.index("-->", at) + 3
        elif re.match(r"</?[a-zA-Z!]", text[at:]):
            end = tag_end(text, at)
        else:
            end = at + 1
            while end < len(text) and not (text[end].isspace() or text[end] in "<{"):
                end += 1
        yield text[at:end]
        at = end


class Reader:
    """One pass over the tokens."""

    def __init__(self, text: str) -> None:
        self.tokens = list(tokens(text))
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def nodes(self) -> tuple[list[Node], Gap]:
        """Read siblings up to the end of their parent; return them and the gap at their end."""
        found: list[Node] = []
        while True:
            gap = Gap()
            if self.peek().isspace():
                gap = Gap(space=True, blank=self.peek().count("\n") > 1)
                self.at += 1
            token = self.peek()
            if not token or self.closes(token):
                return found, gap
            self.at += 1
            node = self.node(token)
            node.gap = gap
            found.append(node)

    @staticmethod
    def closes(token: str) -> bool:
        name = template_name(token)
        return token.startswith("</") or name.startswith("end") or name in {"elif", "else", "empty", "plural"}

    def node(self, token: str) -> Node:
        if token.startswith("{%"):
            return self.template(token)
        if token.startswith("{#"):
            return Tag(token, "#")
        if re.match(r"<[a-zA-Z]", token):
            return self.element(token)
        if token.startswith("<!"):
            return Raw(token, "doctype" if token.lower().startswith("<!doctype") else "comment")
        return Word(token)

    def template(self, token: str) -> Node:
        name = template_name(token)
        if name == "blocktranslate" and "trimmed" not in token.split():
            raise Malformed(f"{token} lacks `trimmed`, so its line breaks would be part of the sentence")
        if name in {"comment", "verbatim"}:
            return Raw(token + self.until("{% end" + name), name)
        if name not in PAIRS:
            return Tag(token, name)
        pair = Pair(name, [])
        while True:
            nodes, end = self.nodes()
            pair.branches.append(Branch(token, nodes, end))
            token = self.peek()
            self.at += 1
            if template_name(token) == f"end{name}":
                pair.close = token
                return pair
            if template_name(token) not in BRANCHES.get(name, set()):
                raise Malformed(f"{pair.branches[0].tag} is closed by {token or 'the end of the file'}")

    def element(self, token: str) -> Node:
        name = NAME.match(token)[1].lower()  # type: ignore[index]
        element = Element(name, pieces(token))
        if name in VERBATIM or element.classes & VERBATIM_CLASSES:
            return Raw(self.until(f"</{name}"), name, element.pieces)
        if name in VOID:
            return element
        if token.endswith("/>"):
            element.close = "/"
            return element
        element.nodes, element.end = self.nodes()
        closing = self.peek()
        if not closing.startswith(f"</{name}"):
            raise Malformed(f"{token[:60]} is closed by {closing or 'the end of the file'}")
        self.at += 1
        element.close = closing
        return element

    def until(self, start: str) -> str:
        """Return the text up to the token that starts with `start`, skipping nested elements of the same name."""
        found, depth = [], 0
        opening = "<" + start[2:] if start.startswith("</") else "\0"
        while True:
            token = self.peek()
            if not token:
                raise Malformed(f"no {start}")
            self.at += 1
            found.append(token)
            depth += bool(re.match(re.escape(opening) + r"[\s>]", token))
            if token.startswith(start):
                if not depth:
                    return "".join(found)
                depth -= 1


def template_name(token: str) -> str:
    return (token[2:-2].split() or [""])[0] if token.startswith("{%") else ""


def read(text: str) -> tuple[list[Node], Gap]:
    """Return the nodes of the template and the gap at its end. Raise Malformed."""
    reader = Reader(text)
    found = reader.nodes()
    if reader.peek():
        raise Malformed(f"{reader.peek()} closes nothing")
    return found
