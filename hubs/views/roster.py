"""The people of a hub: who may enter, as what, and why."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Invalid
from hubs.forms.class_list import names_in
from hubs.forms.hub import AddPeopleForm, EntryForm
from hubs.forms.requests import beside
from hubs.models import Hub, Role, RosterEntry
from hubs.services import roster as services
from hubs.views.hub_page import common

A_PAGE = 25
MOST_OTHERS = 50


@dataclass(frozen=True)
class Other:
    """Somebody who gets in without being on the list."""

    name: str
    username: str
    why: str


def _others(hub: Hub) -> list[Other]:
    """Hub admins by the organisation's roles, by having made the hub, and by the configuration: as Hub.role_of."""
    runs = Q(role__in=[Role.OWNER, Role.ADMIN]) | Q(role=Role.INSTRUCTOR, user=hub.created_by_id)
    members = hub.organization.memberships.filter(runs).select_related("user").order_by("user__username")
    found = [
        Other(
            row.user.display_name,
            row.user.username,
            f"{row.get_role_display().lower()} of {hub.organization.name}"
            if row.role != Role.INSTRUCTOR
            else "made this hub",
        )
        for row in members[:MOST_OTHERS]
    ]
    return found + [Other("", name, "hub admin in the configuration") for name in hub.spec.signIn.adminUsers]


def _page(request: SignedIn, hub: Hub, form: AddPeopleForm, status: int = 200) -> HttpResponse:
    q = request.GET.get("q", "").replace("\0", "").strip()[:100]
    rows = hub.roster.select_related("user").order_by("role", F("user__username").asc(nulls_last=True), "email", "pk")
    if q:
        rows = rows.filter(Q(user__username__icontains=q) | Q(user__name__icontains=q) | Q(email__icontains=q))
    context = {
        **common(hub, access.on_hub(request.user, hub), "hub-people"),
        "form": form,
        "q": q,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "others": _others(hub),
        "temporary": hub.spec.signIn.method == "tmp",
        "by_list": hub.spec.signIn.method == "portal",
    }
    return render(request, "hub/people.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: SignedIn, uid: str) -> HttpResponse:
    """Who may enter this hub. POST lets more people in."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    if request.method != "POST":
        return _page(request, hub, AddPeopleForm())
    form = AddPeopleForm(request.POST)
    names = names_in(request.POST.get("names", ""))
    try:
        said = {"role": request.POST.get("role", "user"), "group": request.POST.get("group", "")}
        added = services.add(hub=hub, by=request.user, names=names, **said)
    except Invalid as error:
        beside(form, error.errors)
        return _page(request, hub, form, 422)
    messages.success(request, _added(added))
    return redirect("hub-people", uid=hub.uid)


def _added(added: services.Added) -> str:
    new = f"{added.new:,} {'person was' if added.new == 1 else 'people were'} let in." if added.new else ""
    known = f"{added.known:,} stood there already." if added.known else ""
    return f"{new} {known} It takes effect at their next sign-in.".strip()


def _entry(hub: Hub, pk: int) -> RosterEntry:
    row = hub.roster.select_related("user", "hub__organization").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _word(entry: RosterEntry) -> str:
    """What one types to remove somebody."""
    return entry.user.username if entry.user else entry.email


def _entry_form(row: RosterEntry) -> EntryForm:
    return EntryForm({"role": row.role, "group": row.group})


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: SignedIn, uid: str, entry: int) -> HttpResponse:
    """One person of the list: another role, or off the list."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    row = _entry(hub, entry)
    context: dict[str, Any] = {"hub": hub, "entry": row, "word": _word(row), "form": _entry_form(row)}
    if request.method != "POST":
        return render(request, "hub/person.html", context)
    if "confirm" in request.POST:
        return _remove(request, hub, row, context)
    form = EntryForm(request.POST)
    try:
        role, group = request.POST.get("role", ""), request.POST.get("group")
        services.change_role(entry=row, by=request.user, role=role, group=group)
    except Invalid as error:
        beside(form, error.errors if "group" in error.errors else {"role": [error.message]})
        return render(request, "hub/person.html", {**context, "form": form}, status=422)
    messages.success(request, f"{_word(row)} is {row.get_role_display().lower()} from the next sign-in on.")
    return redirect("hub-people", uid=hub.uid)


def _remove(request: SignedIn, hub: Hub, row: RosterEntry, context: dict[str, Any]) -> HttpResponse:
    word = _word(row)
    if request.POST["confirm"].strip().lower() != word.lower():
        wrong = f"Type {word} to show that you mean this person."
        return render(request, "hub/person.html", {**context, "error": wrong}, status=422)
    services.remove(entry=row, by=request.user)
    messages.success(request, f"{word} no longer gets in. A server that runs goes on until it is stopped.")
    return redirect("hub-people", uid=hub.uid)
