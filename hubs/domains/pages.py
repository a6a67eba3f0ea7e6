"""Pages for a hub's custom domain: add, check, remove."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Conflict, Invalid
from hubs.hub.pages.page import common
from hubs.language import _
from hubs.models import Hub, HubDomain
from hubs.pages.forms import beside
from hubs.spec.sign_in import OAUTH

from .forms import DomainForm
from .services import domains as services
from .services import own_domain


def _page(
    request: SignedIn, hub: Hub, row: HubDomain | None, form: DomainForm | None = None, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        **common(hub, access.may(request.user, hub), "hub-domain"),
        "form": form or DomainForm(),
        "refusal": own_domain.refusal(hub.cluster),
        "row": row,
    }
    if row:
        context |= {
            "readable": own_domain.readable(row.name),
            "first_host": own_domain.first_host(hub),
            "ends_at": row.failing_since + own_domain.GRACE if row.failing_since else None,
            "elsewhere": hub.spec.signIn.method in (*OAUTH, "lti13"),
        }
    return render(request, "hub/domain.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def domain(request: SignedIn, uid: str) -> HttpResponse:
    """Show the domain, its DNS records and the result of the last check. POST adds a domain."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    row = services.of(hub)
    if request.method != "POST":
        return _page(request, hub, row)
    form = DomainForm(request.POST)
    try:
        if not form.is_valid():
            raise Invalid.beside("name", _("Enter a shorter name."))
        services.add(hub=hub, by=request.user, name=form.cleaned_data["name"])
    except Invalid as error:
        form.is_valid()
        form.errors.clear()
        beside(form, error.errors)
        return _page(request, hub, row, form, status=422)
    except Conflict as error:
        messages.error(request, error.message)
        return _page(request, hub, services.of(hub), status=409)
    messages.success(request, _("The domain was added. Now create the two DNS records below."))
    return redirect("hub-domain", uid=hub.uid)


@require_POST
def check(request: SignedIn, uid: str) -> HttpResponse:
    """Check the DNS records now. Takes some seconds at most."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    try:
        row = services.check(hub=hub, by=request.user)
    except Conflict as error:
        messages.error(request, error.message)
        return _page(request, hub, services.of(hub), status=409)
    if row.problem:
        messages.warning(request, " ".join([_("Checked."), row.problem]))
    else:
        messages.success(request, _("Checked. Both records are correct."))
    return redirect("hub-domain", uid=hub.uid)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: SignedIn, uid: str) -> HttpResponse:
    """Show the effects, then remove the domain."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    row = services.of(hub)
    if request.method != "POST":
        if row is None:
            return redirect("hub-domain", uid=hub.uid)
        words = {"hub": hub, "row": row, "readable": own_domain.readable(row.name)}
        return render(request, "hub/domain_remove.html", {**words, "first_host": own_domain.first_host(hub)})
    try:
        services.remove(hub=hub, by=request.user)
    except Conflict as error:
        messages.error(request, error.message)
        return _page(request, hub, services.of(hub), status=409)
    messages.success(request, _("The domain was removed. The hub is available at its default address."))
    return redirect("hub-domain", uid=hub.uid)
