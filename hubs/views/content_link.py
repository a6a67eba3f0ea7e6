"""Makes the link that brings course material into people's homes. Writes nothing."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hubs import access
from hubs.access import SignedIn
from hubs.errors import Invalid
from hubs.forms.content_link import ContentLinkForm
from hubs.forms.requests import beside
from hubs.material.links import link
from hubs.views.hub_page import common

FIELDS = ("repo", "branch", "path", "app")


@require_safe
def content_link(request: SignedIn, uid: str) -> HttpResponse:
    """A form by GET; with `repo` in it the link is shown below, live where there is JavaScript."""
    hub = access.hub(request.user, uid)
    typed = {name: request.GET.get(name, "lab" if name == "app" else "") for name in FIELDS}
    asked, made = "repo" in request.GET, ""
    form = ContentLinkForm(typed)
    form.full_clean()
    form.errors.clear()
    if asked and hub.url:
        try:
            made = link(hub.url, **typed)
        except Invalid as error:
            beside(form, error.errors)
    context = {
        **common(hub, access.on_hub(request.user, hub), "hub-content-link"),
        "form": form,
        "made": made,
        "image": hub.spec.singleuser.image.name,
    }
    return render(request, "hub/content_link.html", context)
