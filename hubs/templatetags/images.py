"""What others say of a request's images and of its repository: asked for by the page once it is there."""

from typing import Any

from django import template

from hubs.images.queries import registries as images
from hubs.models import ChangeRequest

register = template.Library()


@register.inclusion_tag("components/image_watch.html")
def image_watch(request: ChangeRequest) -> dict[str, Any]:
    """Beside the image while it is typed. Where hubs fetch none, only what is no name is said."""
    return {"change_request": request, "asks": images.matter(request)}


@register.inclusion_tag("components/repository_watch.html")
def repository_watch(request: ChangeRequest) -> dict[str, Any]:
    """Beside the repository for every home: *Test this repository*."""
    return {"change_request": request}


@register.inclusion_tag("components/image_panel.html")
def image_panel(request: ChangeRequest) -> dict[str, Any]:
    """Every image of a request, for whoever reads or decides it."""
    return {"change_request": request if images.matter(request) else None}
