"""Pages that copy a hub and compare two hubs."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import DomainError
from hubs.hub.forms.copies import CopyForm
from hubs.hub.services.copies import begin_copy
from hubs.language import _
from hubs.models import Hub
from hubs.pages.forms import tried
from hubs.requests.forms.requests import offered_in
from hubs.spec import difference

from .page import common

MOST = 200  # hubs to choose from


@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: SignedIn, uid: str) -> HttpResponse:
    """Ask what to copy, then create a draft."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    organizations = access.may_request_in(request.user).order_by("name")
    form = CopyForm(hub, organizations, request.POST if request.method == "POST" else None)
    try:
        if row := tried(form, begin_copy, hub=hub, by=request.user):
            messages.success(
                request, _("The draft was created. Check its name and address, review the rest, and send it.")
            )
            return redirect("request-edit", uid=row.uid, step="about")
    except DomainError as error:
        form.add_error(None, error.message)
    context = {"hub": hub, "form": form, "organizations": offered_in(form)}
    return render(request, "hub/copy.html", context, status=422 if form.errors else 200)


@require_safe
def compare(request: SignedIn, uid: str) -> HttpResponse:
    """Show how the configuration differs from that of another hub visible to the user."""
    hub = access.hub(request.user, uid)
    others = Hub.objects.all().visible_to(request.user).exclude(pk=hub.pk).exclude(revision=None)
    others = others.select_related("organization").order_by("title", "pk")[:MOST]
    context = {**common(hub, access.may(request.user, hub), "hub-compare"), "others": others}
    if chosen := request.GET.get("with", ""):
        other = access.hub(request.user, chosen)
        context |= {"other": other, "differences": difference(hub.spec, other.spec)}
    return render(request, "hub/compare.html", context)
