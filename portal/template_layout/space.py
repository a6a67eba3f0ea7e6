"""Where white space is visible. Pure.

A browser collapses white space and drops it next to the edge of a block. So a line break may be added wherever, on
every path through the template's conditions, an edge or other white space is on one side. The two passes below (forward
and backward) determine what may be next to each gap.
"""

from collections.abc import Callable, Sequence

from portal.template_layout.tree import BOXED, DRAWN, Branch, Element, Gap, Node, Pair, Raw, Tag, Word

BLOCKS = set(
    "html head body title meta link base script style doctype comment br hr "
    "div section header footer main nav aside article h1 h2 h3 h4 h5 h6 p pre blockquote figure figcaption details "
    "summary ul ol li dl dt dd table thead tbody tfoot tr td th caption colgroup col "
    "form fieldset legend option optgroup dialog template".split()
)
SHAPES = {"line", "rect", "path", "g", "circle", "title"}
# Inline boxes: white space at the edges inside them is not visible, white space outside is.
BOXES = {"button", "select", "svg", "img", "input", "textarea"}
BOX_CLASSES = {"button", "tag", "badge", "status", "person", "avatar", "live"}
# Their children are flex or grid items, so white space between them is not visible (static/css).
FLEX_CLASSES = set(
    "button buttons form-actions row page-title page-actions crumbs nav-head nav-me-tools nav-link brand notice "
    "person status stepper grid tabs pagination field field-head field-notes filters facts comments "
    "hub-row hub-about messages foot card dot choice plan-legend".split()
)
FLEX_BLOCKS = {"crumbs", "status", "actions"}  # blocks of base.html inside such an element
SILENT = {"load", "extends", "csrf_token", "regroup", "#", "cycle"}
# Tags that render a block, or nothing.
COMPONENTS = {"field", "form_fields", "error_summary", "meter", "nav_link", "image_panel", "filter_bar", "columns"}
# A template block and its container, which are hidden when :empty.
EMPTY_MATTERS = {"lead"}
EMPTY_PLACES = {"page-lead"}
# Tags that render one element: in a flex container an item.
ITEMS = set(
    "button icon status hub_status request_status run_status cluster_status delivery_status webhook_status "
    "when day".split()
)

Included = Callable[[str], Sequence[Node] | None]
EDGE, WORDS = {"edge"}, {"words"}


def is_block(node: Node) -> bool:
    if isinstance(node, Element):
        return node.name in BLOCKS or node.inside_flex
    if isinstance(node, Raw):
        return node.name in BLOCKS or node.name == "comment"
    if isinstance(node, Tag):
        return node.name in COMPONENTS or (node.inside_flex and node.name in ITEMS)
    return isinstance(node, Pair) and node.name in BOXED


def is_box(node: Node) -> bool:
    if isinstance(node, Raw):
        return node.name in BOXES
    return isinstance(node, Element) and (node.name in BOXES or bool(node.classes & BOX_CLASSES) or flexes(node))


def flexes(node: Element) -> bool:
    return node.name in {"button", "select", "header"} or bool(node.classes & FLEX_CLASSES)


def silent(tag: Tag) -> bool:
    return tag.name in SILENT or (tag.name == "url" and " as " in tag.text)


def assigns(node: Pair) -> bool:
    """Return whether it is a `{% blocktranslate asvar … %}`, which renders nothing where it stands."""
    return " asvar " in node.branches[0].tag


def mark_flex(nodes: Sequence[Node], inside: bool = False) -> None:
    """Set `inside_flex` for children of flex containers; template tags in between change nothing."""
    for node in nodes:
        if isinstance(node, Element):
            node.inside_flex = inside
            mark_flex(node.nodes, flexes(node))
        elif isinstance(node, Tag):
            node.inside_flex = inside
        elif isinstance(node, Pair):
            for branch in node.branches:
                slot = node.name == "block" and branch.tag.split()[2] in FLEX_BLOCKS
                mark_flex(branch.nodes, node.name not in DRAWN and (inside or slot))


class Pass:
    """A pass in one direction: what may be before each gap, or after it."""

    def __init__(self, included: Included, backwards: bool) -> None:
        self.included = included
        self.backwards = backwards

    def note(self, gap: Gap, beside: set[str]) -> set[str]:
        """Record what is next to the gap; return what is next to the following node."""
        (gap.right if self.backwards else gap.left).update(beside)
        return EDGE if gap.space else beside

    def run(self, nodes: Sequence[Node], end: Gap, beside: set[str]) -> set[str]:
        if not self.backwards:
            for node in nodes:
                beside = self.through(node, self.note(node.gap, beside))
            return self.note(end, beside)
        beside = self.note(end, beside)
        for node in reversed(nodes):
            beside = self.note(node.gap, self.through(node, beside))
        return beside

    def through(self, node: Node, beside: set[str]) -> set[str]:
        if isinstance(node, Pair):
            return self.pair(node, beside)
        if isinstance(node, Element):
            return self.element(node, beside)
        if isinstance(node, Tag):
            return self.tag(node, beside)
        return EDGE if is_block(node) else WORDS

    def tag(self, node: Tag, beside: set[str]) -> set[str]:
        if silent(node):
            return beside
        if is_block(node):
            return EDGE | beside
        inner = self.included(node.text) if node.name == "include" else None
        if inner is None:
            return WORDS
        return self.run(inner, Gap(), beside)

    def element(self, node: Element, beside: set[str]) -> set[str]:
        edge = is_block(node) or node.name in SHAPES
        if edge or is_box(node):
            self.run(node.nodes, node.end, EDGE)
            return EDGE if edge else WORDS
        return self.run(node.nodes, node.end, beside) if node.close else WORDS

    def pair(self, node: Pair, beside: set[str]) -> set[str]:
        if node.name in {"block", *BOXED}:
            self.branch(node.branches[0], EDGE)
            return EDGE | beside
        if node.name == "blocktranslate":  # trimmed: white space at its ends is not part of the sentence
            for branch in node.branches:
                self.branch(branch, EDGE)
            return beside if assigns(node) else WORDS
        always = any(branch.tag.split()[1] == "else" for branch in node.branches) or node.name not in {"if", "for"}
        after = set() if always else set(beside)
        repeats = node.name == "for"
        for branch in node.branches:
            out = self.branch(branch, beside)
            if repeats:
                out = out | self.branch(branch, beside | out)
            after |= out
        return after

    def branch(self, branch: Branch, beside: set[str]) -> set[str]:
        return self.run(branch.nodes, branch.end, beside)


def pin(nodes: Sequence[Node], end: Gap | None) -> None:
    """Allow no line breaks in content that may be empty: `:empty` does not match an element with white space."""
    if all(isinstance(node, Pair) or (isinstance(node, Tag) and silent(node)) for node in nodes):
        for gap in [*(node.gap for node in nodes), *([end] if end else [])]:
            gap.pinned = not gap.space


def pin_all(nodes: Sequence[Node]) -> None:
    for node in nodes:
        if isinstance(node, Element):
            if node.name == "td" or node.classes & EMPTY_PLACES:
                pin(node.nodes, node.end)
            if node.nodes and not is_block(node) and not is_box(node):  # or the underline of a link includes a space
                for gap in (node.nodes[0].gap, node.end):
                    gap.pinned = not gap.space
            pin_all(node.nodes)
        elif isinstance(node, Pair):
            for branch in node.branches:
                if node.name == "block" and branch.tag.split()[2] in EMPTY_MATTERS:
                    pin(branch.nodes, branch.end)
                pin_all(branch.nodes)


def measure(nodes: Sequence[Node], end: Gap, included: Included, outside: set[str] = WORDS) -> None:
    """Determine `left` and `right` of every gap. `outside`: what is next to the template itself."""
    mark_flex(nodes)
    Pass(included, backwards=False).run(nodes, end, outside)
    Pass(included, backwards=True).run(nodes, end, outside)
    pin_all(nodes)


def has_block(node: Node) -> bool:
    """Return whether it contains a block, so that it is written on its own lines."""
    if isinstance(node, Word):
        return False
    if isinstance(node, Pair):
        return (
            node.name == "block"
            or assigns(node)
            or is_block(node)
            or any(has_block(one) for branch in node.branches for one in branch.nodes)
        )
    if isinstance(node, Element):
        return is_block(node) or any(has_block(one) for one in node.nodes)
    if isinstance(node, Tag):
        return is_block(node) or silent(node) or node.name == "include"
    return is_block(node)
