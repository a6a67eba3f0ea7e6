"""Format a template with one block per line, at most 160 characters per line. Pure.

Inline content may share a line. A line breaks only at existing white space, where white space is never visible
(`space`), or between the attributes of a tag.
"""

from collections.abc import Sequence

from portal.template_layout.space import WORDS, Included, has_block, is_block, measure
from portal.template_layout.tree import BOXED, Element, Gap, Node, Pair, Raw, read

WIDTH = 160
STEP = 2
MAY_BREAK = "\0"  # begins a part of a tag before which white space may come
INLINE = {"button", "a", "span", "label", "summary"}  # flex items that may hold an icon and a word on one line


class Writer:
    """The lines so far, and the current one."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""
        self.indent = 0
        self.fresh = True  # nothing on this line yet

    def put(self, text: str) -> None:
        if self.fresh:
            self.line = " " * self.indent
        first, *rest = text.split("\n")
        self.line += first
        for one in rest:
            self.lines.append(self.line)
            self.line = one
        self.fresh = False

    def newline(self, blank: bool = False) -> None:
        if not self.fresh:
            self.lines.append(self.line.rstrip(" "))
            self.line, self.fresh = "", True
        if blank and self.lines and self.lines[-1]:
            self.lines.append("")

    def gap(self, gap: Gap, blank: bool = True) -> None:
        """Break the line here if white space is allowed here."""
        if gap.breakable:
            self.newline(gap.blank and blank)

    @property
    def room(self) -> int:
        return WIDTH - (self.indent if self.fresh else len(self.line))

    def text(self) -> str:
        self.newline()
        return "\n".join(self.lines)


def start(node: Element) -> str:
    return f"<{''.join(node.pieces)}{'/' if node.close == '/' else ''}>"


def end(node: Element) -> str:
    return node.close if node.close.startswith("</") else ""


def joined(nodes: Sequence[Node], last: Gap, trim: bool) -> str:
    """Return everything on one line. `trim`: white space at both ends is not visible, so it is removed."""
    found = []
    for number, node in enumerate(nodes):
        kept = node.gap.space and not (trim and number == 0 and node.gap.free)
        found.append((" " if kept else "") + flat(node))
    return "".join(found) + (" " if last.space and nodes and not (trim and last.free) else "")


def flat(node: Node) -> str:
    if isinstance(node, Element):
        return start(node) + joined(node.nodes, node.end, is_block(node)) + end(node)
    if isinstance(node, Pair):
        trim = node.name in {"block", "blocktranslate", *BOXED}
        return "".join(one.tag + joined(one.nodes, one.end, trim) for one in node.branches) + node.close
    if isinstance(node, Raw):
        return "".join(raw_parts(node)).replace(MAY_BREAK, "")
    return node.text


def is_slot(node: Node) -> bool:
    """Return whether it is a `{% block %}` or `{% fact %}` that is empty or contains only inline content."""
    return isinstance(node, Pair) and node.name in {"block", "fact"} and not any(map(has_block, node.branches[0].nodes))


class Layout:
    def __init__(self) -> None:
        self.out = Writer()

    def nodes(self, nodes: Sequence[Node], reserve: int = 0) -> None:
        """Write each block on its own lines; inline content between them fills lines. `reserve`: see `fill`."""
        run: list[Node] = []
        for node in nodes:
            if not has_block(node):
                run.append(node)
                continue
            self.run(run)
            self.out.gap(node.gap)
            self.block(node)
            run = []
        self.run(run, reserve)

    def run(self, nodes: Sequence[Node], reserve: int = 0) -> None:
        if nodes:
            self.out.gap(nodes[0].gap)
            self.fill(chunks(nodes), reserve)

    def fill(self, found: Sequence["Chunk"], reserve: int = 0) -> None:
        """Put as many chunks on a line as fit. A chunk that is longer than a line breaks between attributes.

        `reserve`: how many characters must follow the last chunk on its line.
        """
        for number, chunk in enumerate(found):
            text = "".join(chunk.parts).replace(MAY_BREAK, "")
            after = reserve if chunk is found[-1] else 0
            lead = " " if chunk.gap.space and number and not self.out.fresh else ""
            if number and len(lead) + len(text) + after > self.out.room and chunk.gap.breakable:
                self.out.newline()
                lead = ""
            if len(lead) + len(text) <= self.out.room:
                self.out.put(lead + text)
            else:
                self.out.put(lead)
                self.attributes(chunk.parts)

    def attributes(self, parts: Sequence[str]) -> None:
        """Write parts. A breakable part that does not fit on the current line starts a new one."""
        for part in parts:
            text = part.lstrip(MAY_BREAK)
            if part[0] in f" {MAY_BREAK}" and len(text.partition("\n")[0]) > self.out.room:
                self.out.newline()
                self.out.indent += 2 * STEP
                self.out.put(text.lstrip(" "))
                self.out.indent -= 2 * STEP
            else:
                self.out.put(text)

    def block(self, node: Node) -> None:
        if isinstance(node, Element):
            self.element(node)
        elif isinstance(node, Pair):
            self.pair(node)
        elif isinstance(node, Raw):
            self.attributes(raw_parts(node))
        else:
            self.out.put(node.text)

    def element(self, node: Element) -> None:
        whole = flat(node)
        short = len(whole) <= self.out.room and "\n" not in whole
        if short and (node.name in INLINE or all(not has_block(one) or is_slot(one) for one in node.nodes)):
            self.out.put(whole)
            return
        self.attributes(start_parts(node))
        self.inside(node.nodes, node.end, end(node))
        self.out.put(end(node))

    def inside(self, nodes: Sequence[Node], last: Gap, closing: str) -> None:
        if not nodes:
            return
        self.out.indent += STEP
        self.out.gap(nodes[0].gap, blank=False)
        self.nodes(nodes, 0 if last.breakable else len(closing))
        self.out.indent -= STEP
        self.out.gap(last, blank=False)

    def pair(self, node: Pair) -> None:
        fits = len(flat(node)) <= self.out.room and "\n" not in flat(node)
        if fits and (is_slot(node) or node.name == "blocktranslate"):
            self.out.put(flat(node))
            return
        for number, branch in enumerate(node.branches):
            following = node.branches[number + 1].tag if number + 1 < len(node.branches) else node.close
            self.out.put(branch.tag)
            self.inside(branch.nodes, branch.end, following)
        self.out.put(node.close)


def raw_parts(node: Raw) -> list[str]:
    if not node.pieces:
        return [node.text]
    first, *rest = node.pieces
    parts = [f"<{first}", *rest]
    parts[-1] += ">" + node.text
    return parts


class Chunk:
    """Content that can be broken only between attributes. A part that starts with a space may go to the next line."""

    def __init__(self, gap: Gap) -> None:
        self.gap = gap
        self.parts: list[str] = []


def start_parts(node: Element | Raw) -> list[str]:
    """Split a start tag into parts; each but the first starts with a space, or with MAY_BREAK if there is none."""
    first, *rest = node.pieces
    parts = [f"<{first}", *(piece if piece[0] == " " else MAY_BREAK + piece for piece in rest)]
    parts[-1] += "/>" if isinstance(node, Element) and node.close == "/" else ">"
    return parts


def chunks(nodes: Sequence[Node]) -> list[Chunk]:
    """Split a run of inline nodes wherever the line may break."""
    found: list[Chunk] = []

    def put(gap: Gap, parts: list[str]) -> None:
        if not found or gap.breakable:
            found.append(Chunk(gap))
        found[-1].parts += parts

    def take(node: Node, gap: Gap) -> None:
        if isinstance(node, Element):
            put(gap, start_parts(node))
            take_all(node.nodes, node.end, end(node))
        elif isinstance(node, Pair):
            for number, branch in enumerate(node.branches):
                if not number:
                    put(gap, [branch.tag])
                following = node.branches[number + 1].tag if number + 1 < len(node.branches) else node.close
                take_all(branch.nodes, branch.end, following)
        else:
            put(gap, raw_parts(node) if isinstance(node, Raw) else [node.text])

    def take_all(inner: Sequence[Node], last: Gap, closing: str) -> None:
        for one in inner:
            take(one, one.gap)
        if closing or last.space:
            put(last, [closing] if closing else [])

    for node in nodes:
        take(node, node.gap)
    return found


def formatted(text: str, included: Included = lambda tag: None) -> str:
    """Return the formatted template. `included` returns the tree of the template that an `include` tag names, or None.

    Raise Malformed.
    """
    nodes, last = read(text)
    measure(nodes, last, included, WORDS)
    layout = Layout()
    layout.nodes(nodes)
    return layout.out.text() + ("\n" if last.space else "")
