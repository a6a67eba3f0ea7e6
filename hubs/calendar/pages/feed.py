"""The calendar feed of an organisation, for applications that cannot sign in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from hubs import access
from hubs.access import SignedIn
from hubs.accounts.services import sign_ins
from hubs.calendar.services import links as services
from hubs.language import _, speaking
from hubs.models import SignIn

from .dates import CREATED, as_file


@require_POST
def change(request: SignedIn, slug: str) -> HttpResponse:
    """Create a new secret address, or remove it."""
    organization = access.organization(request.user, slug)
    if request.POST.get("end"):
        services.end(organization=organization, by=request.user)
        messages.success(request, _("The address no longer works."))
    else:
        replaced = services.renew(organization=organization, by=request.user).replaced
        request.session[CREATED] = "replaced" if replaced else "new"
    return redirect(reverse("organization-calendar", args=[slug]) + "#address")


@never_cache
@login_not_required  # the secret address is the key; it stops working for people who leave the organisation
@require_safe
def feed(request: HttpRequest, key: str) -> HttpResponse:
    link = services.find(key)
    if link is None:
        sign_ins.wrong(how=SignIn.How.LINK)
        raise Http404
    with speaking(link.person.language or "en"):
        return as_file(link.organization)
