"""Whether the image exists in its registry. Loaded separately, so that a slow registry does not delay the page."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import DomainError
from hubs.images.queries import registries as images
from hubs.images.queries.chosen import IMAGE_NAME, IMAGE_TAG, REPOSITORY, close_to, find, rows_for
from hubs.models import ChangeRequest
from hubs.outbound.registry import Report
from hubs.requests.forms.asked import IMAGE_STEP, answered
from hubs.requests.forms.image_cards import CARD
from hubs.requests.forms.proposal import images_of
from hubs.requests.rules import EDITABLE
from hubs.requests.services import requests as services

KNOWN = "image-known"  # event that makes a page assess the request again


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """GET: all images of a request, for everyone who can see it. POST: the image that is being typed; without
    JavaScript, the step is saved first, so that nothing is lost."""
    if request.method == "POST":
        return _typed(request, uid)
    row = access.request(request.user, uid)
    if row.kind == ChangeRequest.Kind.RETIRE:
        raise Http404
    asked = images_of(row, request.user)
    reports = images.look(row.organization, request.user, asked) if images.matter(row) else images.no_names(asked)
    return _answer(request, row, asked, reports)


def _typed(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    row = access.editable_request(request.user, uid)
    if row.kind == ChangeRequest.Kind.RETIRE:
        raise Http404
    values = answered(request.POST, IMAGE_STEP, row)
    if not request.htmx:
        try:
            services.save(request=row, by=request.user, values=values)
        except DomainError as error:
            return render(request, "requests/image.html", {"change_request": row, "trouble": error.message}, status=422)
        return redirect("request-image", uid=row.uid)
    name, tag = values.get(IMAGE_NAME, "").strip(), values.get(IMAGE_TAG, "").strip()
    asked = [(name, tag)] if name else []
    if tag and images.matter(row):
        reports = images.look(row.organization, request.user, asked)
    else:
        reports = images.no_names(asked)
    return _answer(request, row, asked, reports)


def _answer(request: SignedIn, row: ChangeRequest, asked: list[images.Named], reports: list[Report]) -> HttpResponse:
    """`asked` starts with the image of the image field, which may be in the catalogue."""
    may = access.may(request.user, row)
    rows = rows_for(row.organization) if asked else []
    name, tag = asked[0] if asked else ("", "")
    choice = find(rows, name, tag, machine=not row.place.can.images)
    unsure = choice is None and not any(report.found for report in reports[:1])
    repository = bool(row.draft.get(REPOSITORY, "").strip())
    if choice and request.htmx and request.POST.get(CARD) == str(choice.row.pk):
        choice = None  # its card on the same page shows this
    context: dict[str, Any] = {
        "change_request": row,
        "reports": reports,
        "several": len(reports) > 1,
        "may_edit": Permission.OPERATE in may and row.state in EDITABLE,
        "may_store": Permission.REGISTRIES in access.may(request.user, row.organization),
        "choice": choice,
        "lacks": choice.lacks(link=True, repository=repository, jupyterhub=True) if choice else [],
        "meant": close_to(name, rows) if unsure else [],
        "choosable": request.method == "POST" and bool(request.htmx),
    }
    answer = render(request, "requests/image.html" + ("#found" if request.htmx else ""), context)
    answer["HX-Trigger"] = KNOWN
    return answer
