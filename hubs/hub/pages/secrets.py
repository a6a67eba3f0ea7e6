"""Secrets of one hub: when and by whom each was last set or rotated, and a form to rotate them. Never values."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Conflict, Invalid
from hubs.language import _
from hubs.requests.forms.secrets import RotateForm
from hubs.requests.services import rotation

from .page import common, refused


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: SignedIn, uid: str) -> HttpResponse:
    """Show the effects of a rotation, then rotate."""
    hub = access.hub(request.user, uid, Permission.SECRETS)
    if hub.is_retired:
        messages.info(request, _("This hub is retired. Its secrets were deleted."))
        return redirect("hub", uid=hub.uid)
    form = RotateForm(request.POST if request.method == "POST" else None)
    context = {
        **common(hub, access.may(request.user, hub), "hub-secrets"),
        "form": form,
        "made": rotation.made(hub),
        "entered": rotation.entered(hub),
        "running": len(hub.servers or []),
    }
    if request.method != "POST":
        return render(request, "hub/secrets.html", context)
    try:
        names, reason = request.POST.getlist("names"), request.POST.get("reason", "")
        rotation.rotate(hub=hub, by=request.user, names=names, reason=reason)
    except Invalid as error:
        form.say(error.errors)
        return render(request, "hub/secrets.html", context, status=422)
    except Conflict as error:
        return refused(request, hub, error)
    messages.success(request, _("The secrets are being rotated. The hub restarts. Running servers continue."))
    return redirect("hub", uid=hub.uid)
