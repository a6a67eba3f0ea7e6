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
from hubs.forms.class_list import groups_by_name, people_in
from hubs.forms.hub import AddPeopleForm, EntryForm, RegroupForm
from hubs.forms.requests import beside
from hubs.group_names import parted
from hubs.models import Hub, Role, RosterEntry
from hubs.services import roster as services
from hubs.services import roster_groups
from hubs.spec.offers import group_key
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
    named = hub.spec.signIn.adminUsers
    if hub.spec.signIn.method == "portal":  # who left the organisation is none any more
        known = hub.organization.members.values_list("username", flat=True)
        here = {name.lower() for name in known} if named else set()
        named = tuple(name for name in named if "@" in name or name in here)
    return found + [Other("", name, "hub admin in the configuration") for name in named]


def _page(
    request: SignedIn, hub: Hub, form: AddPeopleForm | None = None, regroup: RegroupForm | None = None,
) -> HttpResponse:  # fmt: skip
    """A form is given when something in it was wrong."""
    q = request.GET.get("q", "").replace("\0", "").strip()[:100]
    rows = hub.roster.select_related("user").prefetch_related("groups")
    rows = rows.order_by("role", F("user__username").asc(nulls_last=True), "email", "pk")
    if q:
        rows = rows.filter(Q(user__username__icontains=q) | Q(user__name__icontains=q) | Q(email__icontains=q)
                           | Q(pk__in=hub.roster.filter(groups__key__contains=group_key(q)).values("pk")))  # fmt: skip
    context = {
        **common(hub, access.on_hub(request.user, hub), "hub-people"),
        "form": form or AddPeopleForm(),
        "regroup": regroup or RegroupForm(),
        "chosen": request.POST.getlist("entry"),
        "q": q,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "others": _others(hub),
        "temporary": hub.spec.signIn.method == "tmp",
        "by_list": hub.spec.signIn.method == "portal",
    }
    return render(request, "hub/people.html", context, status=422 if form or regroup else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: SignedIn, uid: str) -> HttpResponse:
    """Who may enter this hub. POST lets more people in."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    if request.method != "POST":
        return _page(request, hub)
    if "regroup" in request.POST:
        return _regroup(request, hub)
    form = AddPeopleForm(request.POST)
    listed = people_in(request.POST.get("names", ""))
    try:
        added = services.add(
            hub=hub, by=request.user, names=[name for name, _ in listed], role=request.POST.get("role", "user"),
            groups=parted(request.POST.get("groups", "")), groups_of=groups_by_name(listed),
        )  # fmt: skip
    except Invalid as error:
        beside(form, error.errors)
        return _page(request, hub, form)
    messages.success(request, _added(added))
    return redirect("hub-people", uid=hub.uid)


def _regroup(request: SignedIn, hub: Hub) -> HttpResponse:
    """Those who are ticked come into these groups, or leave them."""
    names = parted(request.POST["regroup"])
    entries = [int(pk) for pk in request.POST.getlist("entry") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    which = "remove" if request.POST.get("do") == "remove" else "add"
    try:
        changed = roster_groups.regroup(hub=hub, by=request.user, entries=entries, **{which: names})
    except Invalid as error:
        form = RegroupForm(request.POST)
        beside(form, {"regroup": [words for each in error.errors.values() for words in each]})
        return _page(request, hub, regroup=form)
    who = "1 person was" if changed == 1 else f"{changed:,} people were"
    messages.success(request, f"The groups of {who} changed. The hub follows at their next start of a server.")
    return redirect(request.get_full_path())


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
    return EntryForm({"role": row.role, "groups": roster_groups.said(group.name for group in row.groups.all())})


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
        groups = parted(request.POST["groups"]) if "groups" in request.POST else None
        services.change(entry=row, by=request.user, role=request.POST.get("role", ""), groups=groups)
    except Invalid as error:
        beside(form, error.errors)
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
