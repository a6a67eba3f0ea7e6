"""Components that contain sentences, because a sentence inside a template tag could not be broken into lines."""

from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, token_kwargs
from django.utils.safestring import SafeString, mark_safe

START = '{% component "components/notice.html" tone="bad" %}'


def sentence(nodes: NodeList, context: template.Context) -> SafeString:
    """Return the rendered nodes, with every run of white space collapsed."""
    return mark_safe(" ".join(nodes.render(context).split()))  # noqa: S308 - rendered, so escaped, just now


class Part(Node):
    """`{% part lost %}The hub.{% endpart %}`: a value of the component around it."""

    def __init__(self, name: str, nodes: NodeList) -> None:
        self.name, self.nodes = name, nodes

    def render(self, context: template.Context) -> str:
        """Raise TemplateSyntaxError outside a component."""
        if "_parts" not in context:
            raise template.TemplateSyntaxError(f"{{% part {self.name} %}} is outside a component.")
        context["_parts"][self.name] = sentence(self.nodes, context)
        return ""


class Component(Node):
    """`{% component "a.html" name=value %}sentence{% endcomponent %}`: an include whose `text` is what it encloses."""

    def __init__(self, name: FilterExpression, values: dict[str, FilterExpression], nodes: NodeList) -> None:
        self.name, self.values, self.nodes = name, values, nodes

    def render(self, context: template.Context) -> str:
        values: dict[str, Any] = {name: value.resolve(context) for name, value in self.values.items()}
        parts: dict[str, SafeString] = {}
        with context.push(_parts=parts):
            text = sentence(self.nodes, context)
        if text:
            parts["text"] = text
        found = context.template.engine.get_template(self.name.resolve(context))  # type: ignore[union-attr]
        with context.push(**values, **parts):
            return found.render(context)


def part(parser: Parser, token: Token) -> Part:
    """Parse `{% part %}`. Raise TemplateSyntaxError if it has no name."""
    try:
        _, name = token.split_contents()
    except ValueError as error:
        raise template.TemplateSyntaxError("{% part name %} takes one name.") from error
    nodes = parser.parse(("endpart",))
    parser.delete_first_token()
    return Part(name, nodes)


def component(parser: Parser, token: Token) -> Component:
    """Parse `{% component %}`. Raise TemplateSyntaxError if it names no template, or has other than name=value."""
    _, *bits = token.split_contents()
    if not bits:
        raise template.TemplateSyntaxError(f"{{% component %}} takes a template: {START}.")
    name, *rest = bits
    values = token_kwargs(rest, parser)
    if rest:
        raise template.TemplateSyntaxError(f"{{% component %}} takes name=value, not {rest[0]!r}.")
    nodes = parser.parse(("endcomponent",))
    parser.delete_first_token()
    return Component(parser.compile_filter(name), values, nodes)
