"""Preview of limits before they are saved: which recent requests would have been approved automatically."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.limits.queries.policy_preview import LAST, preview
from hubs.organizations.forms.organizations import ClusterForm, LimitsForm

from .organizations import tabs, use

TEMPLATE = "organizations/limits.html"


@require_POST
def show(request: SignedIn, slug: str) -> HttpResponse:
    """Apply the typed limits to the last requests and save nothing. htmx gets only the panel."""
    organization = access.organization(request.user, slug, Permission.AGREE)
    form = LimitsForm(request.POST)
    found = preview(organization, form.values()) if form.is_valid() else None
    context: dict[str, Any] = {
        "organization": organization,
        "form": form,
        "may_change": True,
        "preview": found,
        "previewed": True,
        "last": LAST,
    }
    if request.htmx and request.htmx.target == "policy-preview":
        return render(request, f"{TEMPLATE}#policy_preview", context)
    context |= {
        "tabs": tabs(request, organization, "organization-limits"),
        **use(organization),
        "place": ClusterForm(organization),
    }
    return render(request, TEMPLATE, context, status=200 if found else 422)
