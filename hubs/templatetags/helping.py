"""Links from a page to its part of the guides."""

from typing import Any

from django import template
from django.urls import reverse

from hubs.help.rules.guides import IN_QUEUE, OF_PAGE

register = template.Library()


@register.simple_tag(takes_context=True)
def help_url(context: template.Context) -> str:
    """Return the address of the part of a guide that explains this page; of all guides for a page without one."""
    request: Any = context.get("request")
    match = getattr(request, "resolver_match", None)
    name = (match.url_name or "") if match else ""
    part = IN_QUEUE.get(name) if context.get("nav") == "queue" else None
    slug, _, anchor = (part or OF_PAGE.get(name, "")).partition("#")
    if not slug:
        return reverse("help")
    return reverse("help-guide", args=[slug]) + (f"#{anchor}" if anchor else "")
