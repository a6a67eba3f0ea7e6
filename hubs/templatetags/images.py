"""Components that check a request's images and repository after the page has loaded."""

from typing import Any

from django import template

from hubs.images.queries import registries as images
from hubs.models import ChangeRequest

register = template.Library()


@register.inclusion_tag("components/image_watch.html")
def image_watch(request: ChangeRequest) -> dict[str, Any]:
    """Check the image while it is typed. If hubs of the cluster pull no images, only the syntax of the name."""
    return {"change_request": request, "asks": images.matter(request)}


@register.inclusion_tag("components/repository_watch.html")
def repository_watch(request: ChangeRequest) -> dict[str, Any]:
    """Show *Test repository* next to the repository for every home."""
    return {"change_request": request}


@register.inclusion_tag("components/image_panel.html")
def image_panel(request: ChangeRequest) -> dict[str, Any]:
    """Show every image of a request to its readers and reviewers."""
    return {"change_request": request if images.matter(request) else None}
