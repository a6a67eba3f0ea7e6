"""Is the image there? Asked of its registry after the page or beside it, so that a slow registry delays nobody."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access, images
from hubs.access import Permission, SignedIn
from hubs.errors import DomainError
from hubs.forms.proposal import IMAGE_NAME, IMAGE_TAG, images_of
from hubs.forms.spec import posted
from hubs.models import ChangeRequest
from hubs.registry import Report
from hubs.services import requests as services
from hubs.states import EDITABLE

STEP = "software"


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """GET: every image of a request, for whoever sees it. POST: the one that is being typed; without JavaScript the
    step is kept first, so that nothing typed is lost."""
    if request.method == "POST":
        return _typed(request, uid)
    row = access.request(request.user, uid)
    if row.kind == ChangeRequest.Kind.RETIRE:
        raise Http404
    reports = images.look(row.organization, request.user, images_of(row, request.user)) if images.matter(row) else []
    return _answer(request, row, reports)


def _typed(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    row = access.editable_request(request.user, uid)
    if row.kind == ChangeRequest.Kind.RETIRE:
        raise Http404
    values = posted(request.POST, STEP)
    if not request.htmx:
        try:
            services.save(request=row, by=request.user, values=values)
        except DomainError as error:
            return render(request, "requests/image.html", {"change_request": row, "trouble": error.message}, status=422)
        return redirect("request-image", uid=row.uid)
    name, tag = values.get(IMAGE_NAME, "").strip(), values.get(IMAGE_TAG, "").strip()
    asked = [(name, tag)] if name and tag and images.matter(row) else []
    return _answer(request, row, images.look(row.organization, request.user, asked))


def _answer(request: SignedIn, row: ChangeRequest, reports: list[Report]) -> HttpResponse:
    may = access.on_request(request.user, row)
    context: dict[str, Any] = {
        "change_request": row,
        "reports": reports,
        "several": len(reports) > 1,
        "may_edit": Permission.OPERATE in may and row.state in EDITABLE,
        "may_store": Permission.REGISTRIES in access.on_organization(request.user, row.organization),
    }
    return render(request, "requests/image.html" + ("#found" if request.htmx else ""), context)
