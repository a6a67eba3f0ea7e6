"""Registries of an organisation that need a password."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.clusters.forms.registries import RegistryForm
from hubs.clusters.services import registries as services
from hubs.errors import Invalid
from hubs.images.queries import registries as images
from hubs.language import _
from hubs.lists.paging import ordered_page
from hubs.models import Organization
from hubs.organizations.pages.organizations import tabs
from hubs.pages.forms import beside

A_PAGE = 25


def _page(
    request: SignedIn, organization: Organization, form: RegistryForm, *, status: int = 200, replaced: str = ""
) -> HttpResponse:
    rows = organization.registry_logins.select_related("set_by")
    context: dict[str, Any] = {
        "organization": organization,
        "tabs": tabs(request, organization, "registries"),
        "page": ordered_page(rows, A_PAGE, request.GET, "host", "pk"),
        "form": form,
        "replaced": replaced,
    }
    return render(request, "organizations/registries.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedIn, slug: str) -> HttpResponse:
    """List the registries, since when and by whom; POST adds one or replaces its password."""
    organization = access.organization(request.user, slug, Permission.REGISTRIES)
    if request.method != "POST":
        row = organization.registry_logins.filter(host=request.GET.get("replace", "").replace("\0", "")).first()
        form = RegistryForm.again(row) if row else RegistryForm()
        return _page(request, organization, form, replaced=row.host if row else "")
    form = RegistryForm(request.POST)
    try:
        row = services.set_login(organization=organization, by=request.user, **form.typed())
    except Invalid as error:
        beside(form, error.errors)
        return _page(request, organization, form, status=422)
    works, why = images.try_password(request.user, row)
    if works is False:
        said = _("The password was saved, but {host} does not accept it for this user name.", host=row.host)
        messages.warning(request, said)
    elif works:
        messages.success(request, _("{host} accepts the password. Hubs use it from now on.", host=row.host))
    elif why:
        said = _("The password was saved, and hubs use it from now on. It was not tested: {reason}", reason=why)
        messages.warning(request, said)
    else:
        messages.success(request, _("The password was saved, and hubs use it from now on."))
    return redirect("registries", slug)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """Ask for confirmation by typing the host, then remove the password."""
    row = access.registry_login(request.user, slug, pk)
    error = ""
    if request.method == "POST":
        try:
            services.remove(login=row, by=request.user, typed=request.POST.get("confirm", ""))
            messages.success(request, _("The password for {host} was removed.", host=row.host))
            return redirect("registries", slug)
        except Invalid as wrong:
            error = wrong.message
    context = {"organization": row.organization, "login": row, "error": error}
    return render(request, "organizations/registry_remove.html", context, status=422 if error else 200)
