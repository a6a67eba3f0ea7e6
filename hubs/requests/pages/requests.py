"""Requests: the list, and one request with its comments and history."""

import uuid
from operator import attrgetter

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Conflict, Invalid
from hubs.language import _
from hubs.lists import of_asked_limits, of_requests, reach
from hubs.lists.keyset import Merged
from hubs.lists.paging import page_of
from hubs.live import channel as live
from hubs.models import ChangeRequest, Organization
from hubs.pages.forms import beside
from hubs.pages.fragments import part
from hubs.requests.forms.requests import CommentForm
from hubs.requests.rules import EDITABLE
from hubs.requests.services import requests as services

from .page import confirm_word, page

PAGE = 25
DRAFTS = 10  # the newest; the others are in the list below


@require_safe
def index(request: SignedIn) -> HttpResponse:
    """The user's requests and those of organisations that they run. The user's unfinished ones come first."""
    user, position = request.user, live.position()
    places = Organization.objects.visible_to(user).only("slug", "name").order_by("name").distinct()
    filters = of_requests.of_page(request, places)
    visible = ChangeRequest.objects.all().visible_to(user).begun()
    related = ChangeRequest.objects.select_related(*of_requests.RELATED, "requester")
    rows = filters.narrow(related.only(*of_requests.OF_REQUEST, *of_requests.OF_REQUESTER))
    unfinished = Q(requester=user, state__in=EDITABLE)
    # Few rows, sorted here: sorted in SQL, or joined with the requester, SQLite scans all that they ever requested.
    open_ones = visible.filter(unfinished).select_related(*of_requests.RELATED).only(*of_requests.OF_REQUEST).order_by()
    drafts = sorted(open_ones, key=attrgetter("updated_at"), reverse=True)[: DRAFTS + 1]
    for row in drafts:
        row.requester = user
    if not filters.any:
        rows = rows.exclude(unfinished)  # they are shown at the top
    mine = Merged(rows, reach.of_requests(user), filters.order)
    limits = of_asked_limits.narrowed(of_asked_limits.seen_by(user), filters)
    context = {
        "live_position": position,
        "filters": filters,
        "page": of_asked_limits.shown(page_of(of_asked_limits.together(mine, limits), PAGE, request.GET)),
        "drafts": drafts[:DRAFTS],
        "more_drafts": len(drafts) > DRAFTS,
        "may_request": access.may_request_in(user).exists(),
    }
    return render(request, part(request, "requests/list.html", "list"), context)


@require_safe
def show(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """Status, contents, limits, the policy's findings, comments, history, and available actions."""
    return page(request, uid)


@require_POST
def take_back(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """Turn it into a draft again."""
    row = access.request(request.user, uid, Permission.OPERATE)
    try:
        services.take_back(request=row, by=request.user)
    except Conflict as error:
        return _again(request, row, error)
    if row.kind == ChangeRequest.Kind.RETIRE:
        return redirect("request", uid=row.uid)
    messages.success(request, _("The request is a draft again. Staff can’t decide on it until you send it."))
    return redirect("request-review", uid=row.uid)


@require_POST
def withdraw(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """Withdraw the request; unless it is a draft, confirmed by typing its address."""
    row = access.request(request.user, uid, Permission.OPERATE)
    word = confirm_word(row)
    if word and request.POST.get("confirm", "").strip() != word:
        return page(request, row, status=422, withdraw_error=_("Type {word} to confirm.", word=word))
    try:
        services.withdraw(request=row, by=request.user)
    except Conflict as error:
        return _again(request, row, error)
    sent = row.submitted_at is not None
    messages.success(request, _("Request withdrawn.") if sent else _("Draft discarded."))
    return redirect("request", uid=row.uid)


@require_POST
def comment(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """Add a comment, visible to everyone who can see the request or to staff only."""
    row = access.request(request.user, uid)
    text, internal = request.POST.get("text", ""), bool(request.POST.get("internal"))
    try:
        services.comment(request=row, by=request.user, text=text, internal=internal)
    except Invalid as error:
        form = CommentForm(request.POST, staff=request.user.is_staff)
        beside(form, error.errors)
        return page(request, row, status=422, comment_form=form)
    return redirect(f"{request.path.removesuffix('comment/')}#talk")


def _again(request: SignedIn, row: ChangeRequest, error: Conflict) -> HttpResponse:
    """Someone else was faster: show the message and the current page."""
    messages.error(request, error.message)
    return page(request, row, status=409)
