"""*Test this repository*, next to the field for a repository in each home directory."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.content.queries.look import seen_or_trouble
from hubs.errors import DomainError
from hubs.requests.forms.spec import posted
from hubs.requests.rules import EDITABLE
from hubs.requests.services import requests as services

STEP = "content"
REPOSITORY, BRANCH = "singleuser.content.repository", "singleuser.content.branch"


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """Show what the typed repository contains. Without JavaScript, the step is saved first, so that nothing is lost,
    and GET uses the saved address."""
    row = access.request(request.user, uid, Permission.OPERATE)
    if row.state not in EDITABLE:
        return redirect("request", uid=row.uid)
    context: dict[str, Any]
    values = row.draft
    if request.method == "POST":
        values = posted(request.POST, STEP)
        if not request.htmx:
            try:
                services.save(request=row, by=request.user, values=values)
            except DomainError as error:
                context = {"change_request": row, "trouble": {"": [error.message]}}
                return render(request, "requests/repository.html", context, status=422)
            return redirect("request-repository", uid=row.uid)
    context = {"change_request": row}
    address = str(values.get(REPOSITORY, "")).strip()
    if address:
        branch = str(values.get(BRANCH, "")).strip()
        context |= seen_or_trouble(address, branch, organization=row.organization, by=request.user)
    return render(request, "requests/repository.html" + ("#found" if request.htmx else ""), context)
