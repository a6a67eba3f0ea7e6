"""The time zone in which the days of an organisation's hubs begin and end."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.days import queries as dates
from hubs.language import _
from hubs.organizations import services
from hubs.organizations.forms.organizations import TimeZoneForm

from .organizations import tabs


@require_http_methods(["GET", "HEAD", "POST"])
def time_zone(request: SignedIn, slug: str) -> HttpResponse:
    """Change the time zone. Owners, admins and staff only."""
    organization = access.organization(request.user, slug, Permission.SETTINGS)
    form = TimeZoneForm(organization, request.POST if request.method == "POST" else None)
    if form.is_valid():
        chosen = form.cleaned_data["time_zone"]
        row = services.change_time_zone(organization=organization, by=request.user, time_zone=chosen)
        messages.success(request, _("Time zone changed to {zone}.", zone=dates.zone_name(row)))
        return redirect("organization-calendar", slug)
    context = {
        "organization": organization,
        "tabs": tabs(request, organization, "organization-calendar"),
        "form": form,
        "now_is": dates.zone_name(organization),
    }
    return render(request, "organizations/time_zone.html", context, status=422 if form.errors else 200)
