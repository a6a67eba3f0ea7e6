"""Django's form widgets, rendered in Python for speed: Django's templates include two templates per choice."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Widget = Mapping[str, Any]  # from a widget's `get_context`
FOLDER = "django/forms/widgets/"
INPUTS = ("text", "number", "email", "url", "password", "hidden", "date", "datetime", "time", "file", "checkbox")


def _attributes(pairs: Mapping[str, Any]) -> SafeString:
    said = ((name, value) for name, value in pairs.items() if value is not False)
    return SafeString("".join(
        format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value) for name, value in said
    ))  # fmt: skip


def _input(widget: Widget) -> SafeString:
    value = widget["value"]
    told = "" if value is None else format_html(' value="{}"', value)
    attributes = _attributes(widget["attrs"])
    return format_html('<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], told, attributes)


def _labelled(widget: Widget) -> SafeString:
    """Return one of several check boxes or radio buttons, with its label."""
    drawn, anchor = _input(widget), widget["attrs"].get("id")
    if not widget.get("wrap_label"):
        return drawn
    return format_html("<label{}>{} {}</label>", _attributes({"for": anchor or False}), drawn, widget["label"])


def _boxes(widget: Widget) -> SafeString:
    """Return check boxes or radio buttons, below the names of their groups."""
    attrs = {name: widget["attrs"].get(name) or False for name in ("id", "class")}
    start, end = "\n  <div><label>{}</label>", "\n  </div>"
    drawn = _grouped(widget, start, end, lambda one: format_html("<div>\n    {}</div>", _labelled(one)))
    return format_html("<div{}>{}\n</div>", _attributes(attrs), drawn)


def _textarea(widget: Widget) -> SafeString:
    attributes = _attributes(widget["attrs"])
    return format_html('<textarea name="{}"{}>\n{}</textarea>', widget["name"], attributes, widget["value"] or "")


def _option(widget: Widget) -> SafeString:
    attributes = _attributes(widget["attrs"])
    return format_html('\n  <option value="{}"{}>{}</option>', widget["value"], attributes, widget["label"])


def _select(widget: Widget) -> SafeString:
    drawn = _grouped(widget, '\n  <optgroup label="{}">', "\n  </optgroup>", _option)
    return format_html('<select name="{}"{}>{}\n</select>', widget["name"], _attributes(widget["attrs"]), drawn)


def _grouped(widget: Widget, start: str, end: str, draw: Callable[[Widget], SafeString]) -> SafeString:
    def groups() -> Iterator[tuple[str, SafeString, str]]:
        for name, choices, _ in widget["optgroups"]:
            drawn = SafeString("".join(draw(one) for one in choices))
            yield (format_html(start, name), drawn, SafeString(end)) if name else ("", drawn, "")

    return format_html_join("", "{}{}{}", groups())


DRAWN: dict[str, Callable[[Widget], SafeString]] = {
    **{f"{FOLDER}{kind}.html": _input for kind in INPUTS},
    **{f"{FOLDER}{kind}.html": _labelled for kind in ("checkbox_option", "radio_option")},
    **{f"{FOLDER}{kind}.html": _boxes for kind in ("checkbox_select", "radio")},
    f"{FOLDER}textarea.html": _textarea,
    f"{FOLDER}select.html": _select,
}


class InOnePiece(DjangoTemplates):
    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        draw = DRAWN.get(template_name)
        return draw(context["widget"]) if draw else super().render(template_name, context, request)
