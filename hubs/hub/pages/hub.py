"""Pages of one hub: overview, history and actions."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Conflict, Invalid
from hubs.hub.forms.hub import RetireForm
from hubs.hub.queries.presenters import people_working
from hubs.hub.services import hubs as services
from hubs.hub.services.going_back import go_back
from hubs.language import _, lazy, plural
from hubs.lists.paging import ordered_page
from hubs.models import Hub
from hubs.requests.forms.requests import ReasonForm
from hubs.spec import difference

from .page import common, done, page, refused

A_PAGE = 25


@require_safe
def show(request: SignedIn, uid: str) -> HttpResponse:
    """Status, activity, servers, configuration and people. People with access only get a reduced page."""
    return page(request, uid)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _comparison(request: SignedIn, hub: Hub) -> dict[str, Any]:
    """Return the two revisions of ?from= and ?to= with their differences; without them if one does not exist."""
    numbers = [_number(request.GET.get(name, "")) for name in ("from", "to")]
    found = {row.number: row for row in hub.revisions.filter(number__in=numbers)}
    old, new = (found.get(number) for number in numbers)
    if new is None or (old is None and numbers[0]):
        return {"asked": "to" in request.GET}
    return {"old": old, "new": new, "differences": difference(old.spec if old else None, new.spec)}


@require_http_methods(["GET", "HEAD", "POST"])
def history(request: SignedIn, uid: str) -> HttpResponse:
    """Requests, revisions and runs. POST starts a request to restore an old revision."""
    hub = access.hub(request.user, uid)
    may = access.may(request.user, hub)
    if request.method == "POST":
        return _go_back(request, hub, may)
    revisions = hub.revisions.select_related("author", "request__decided_by")
    asked = hub.requests.visible_to(request.user).begun().select_related("requester", "decided_by")
    context = {
        **common(hub, may, "hub-history"),
        "page": ordered_page(revisions, A_PAGE, request.GET, "-number"),
        "numbers": list(hub.revisions.order_by("-number").values_list("number", flat=True)[:200]),
        "compared": _comparison(request, hub),
        "visible": set(asked.values_list("pk", flat=True)),
        "requests": asked.filter(result__isnull=True).select_related("requester").order_by("-created_at")[:A_PAGE],
        "runs": hub.runs.prefetch_related("steps")[:A_PAGE],
    }
    return render(request, "hub/history.html", context)


def _go_back(request: SignedIn, hub: Hub, may: frozenset[Permission]) -> HttpResponse:
    """Start a change request with the settings of an old revision."""
    if Permission.OPERATE not in may:
        raise PermissionDenied
    old = hub.revisions.filter(number=_number(request.POST.get("revision", ""))).first()
    if old is None:
        messages.error(request, _("This revision does not exist."))
        return redirect("hub-history", uid=hub.uid)
    try:
        row = go_back(hub=hub, by=request.user, revision=old)
    except Conflict as error:
        return refused(request, hub, error)
    messages.info(request, _("This draft has the settings of revision {n}. Review and send it.", n=old.number))
    return redirect("request-review", uid=row.uid)


@require_http_methods(["GET", "HEAD", "POST"])
def suspend(request: SignedIn, uid: str) -> HttpResponse:
    """Show what stops and what is kept, then suspend the hub."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    if request.method == "POST":
        return done(request, hub, services.suspend, "", reason=request.POST.get("reason", ""))
    if hub.desired_state != Hub.Desired.RUNNING:
        gone = _("This hub is already retired.")
        messages.info(request, gone if hub.is_retired else _("This hub is already suspended."))
        return redirect("hub", uid=hub.uid)
    form = ReasonForm(label=_("Reason"), about="", optional=True)
    return render(request, "hub/suspend.html", {"hub": hub, "form": form, "working": people_working(hub)})


def _verb(service: Callable[..., Any], sentence: str) -> Callable[..., HttpResponse]:
    """Return the view of an action that needs no input."""

    @require_POST
    def act(request: SignedIn, uid: str) -> HttpResponse:
        return done(request, access.hub(request.user, uid, Permission.OPERATE), service, sentence)

    return act


resume = _verb(services.resume, "")
retry = _verb(services.retry, lazy("Retrying now."))
restart = _verb(services.restart, lazy("Restart requested. Running servers continue."))


def _retired(days: int | None) -> str:
    """Return the message after retiring a hub whose files are kept for so many days; None: in an archive."""
    if days is None:
        return _("The hub is being retired. People’s files are moved to the archive.")
    if days:
        return plural(
            "The hub is being retired. People’s files are kept for {count} day.",
            "The hub is being retired. People’s files are kept for {count} days.", days,
        )  # fmt: skip
    return _("The hub is being retired. People’s files are deleted with it.")


@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: SignedIn, uid: str) -> HttpResponse:
    """Show what is lost and what is kept; the address must be typed. Clusters with volumes also ask about files."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    form = RetireForm(request.POST if request.method == "POST" else None) if services.keeps_volumes(hub) else None
    context: dict[str, Any] = {"hub": hub, "running": len(hub.servers or []), "form": form}
    if request.method == "POST":
        if form and not form.is_valid():
            return render(request, "hub/retire.html", context, status=422)
        days = form.keep_days if form else None
        try:
            services.retire(hub=hub, by=request.user, typed=request.POST.get("confirm", ""), keep_days=days)
        except Invalid as error:
            context["error"] = " ".join(error.errors.get("typed", [error.message]))
            return render(request, "hub/retire.html", context, status=422)
        except Conflict as error:
            return refused(request, hub, error)
        messages.success(request, _retired(days))
        return redirect("hub", uid=hub.uid)
    if hub.is_retired:
        messages.info(request, _("This hub is already retired."))
        return redirect("hub", uid=hub.uid)
    return render(request, "hub/retire.html", context)
