"""Registries of an organisation that want a password."""

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
    """Which there are, since when and by whom; POST keeps one, or another password for one."""
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
        messages.warning(request, f"It is kept, but {row.host} does not accept this user name and password.")
    elif works:
        messages.success(request, f"{row.host} accepts it. Hubs use it from now on.")
    else:
        untried = f" It was not tried: {why}" if why else ""
        messages.success(request, f"It is kept, and hubs use it from now on.{untried}")
    return redirect("registries", slug)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: SignedIn, slug: str, pk: int) -> HttpResponse:
    """Says what stops working; the host has to be typed."""
    row = access.registry_login(request.user, slug, pk)
    error = ""
    if request.method == "POST":
        try:
            services.remove(login=row, by=request.user, typed=request.POST.get("confirm", ""))
            messages.success(request, f"The password of {row.host} is gone.")
            return redirect("registries", slug)
        except Invalid as wrong:
            error = wrong.message
    context = {"organization": row.organization, "login": row, "error": error}
    return render(request, "organizations/registry_remove.html", context, status=422 if error else 200)
