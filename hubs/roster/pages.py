"""Pages of a hub's people: who has access, in which role, and why."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import BooleanField, CharField, ExpressionWrapper, F, Func, Q, Value
from django.db.models.functions import Coalesce, Length, StrIndex, Substr
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Invalid
from hubs.hub.pages.page import common
from hubs.language import _, number, plural
from hubs.lists.of_people import RosterFilters
from hubs.lists.paging import ordered_page
from hubs.models import Hub, ListChange, Role, RosterEntry
from hubs.pages.forms import beside
from hubs.roster.queries.entering import by_portal
from hubs.roster.rules.class_list.reading import Reading, read
from hubs.roster.rules.group_names import parted
from hubs.spec import FIELDS

from .forms import AddPeopleForm, ClassListForm, EntryForm, RegroupForm
from .services import class_lists
from .services import groups as roster_groups
from .services import roster as services

A_PAGE = 25
BY_NAME = ("role", "unknown", "stem", "digits", "called_by", "email", "pk")  # admins first, student2 before student10
# A user name, or an address up to its "@".
CALLED = Coalesce(
    "user__username", Substr("email", 1, StrIndex("email", Value("@")) - 1), output_field=CharField()
)  # fmt: skip
STEM = Func(F("called_by"), Value("0123456789"), function="RTRIM", output_field=CharField())
MOST_OTHERS = 50
FEW = 20  # most people who are added without a preview


@dataclass(frozen=True)
class Other:
    """A person with access who is not on the list."""

    name: str
    username: str
    why: str


def _others(hub: Hub) -> list[Other]:
    """Return hub admins by role in the organisation, by having created the hub, or by configuration (Hub.role_of)."""
    runs = Q(role__in=[Role.OWNER, Role.ADMIN]) | Q(role=Role.INSTRUCTOR, user=hub.created_by_id)
    members = hub.organization.memberships.people().filter(runs).select_related("user").order_by("user__username")
    found = [
        Other(
            row.user.display_name,
            row.user.username,
            _("{role} of {organization}", role=row.get_role_display(), organization=hub.organization.name)
            if row.role != Role.INSTRUCTOR
            else _("Created this hub"),
        )
        for row in members[:MOST_OTHERS]
    ]
    named = hub.spec.signIn.adminUsers
    if hub.spec.signIn.method == "portal":  # people who left the organisation no longer count
        known = hub.organization.members.filter(service_of=None).values_list("username", flat=True)
        here = {name.lower() for name in known} if named else set()
        named = tuple(name for name in named if "@" in name or name in here)
    return found + [Other("", name, _("Hub admin in the configuration")) for name in named]


def _page(
    request: SignedIn, hub: Hub, form: AddPeopleForm | None = None, regroup: RegroupForm | None = None, *,
    status: int = 422,
) -> HttpResponse:  # fmt: skip
    """Return the page. A form is given if it has errors, or to edit what was typed (`status` is then 200)."""
    filters = RosterFilters(request.GET)
    rows = hub.roster.select_related("user").prefetch_related("groups")
    rows = rows.annotate(unknown=ExpressionWrapper(Q(user=None), BooleanField()))  # addresses come last
    rows = rows.annotate(called_by=CALLED, stem=STEM, digits=Length("called_by"))
    rows = filters.narrow(rows)
    context = {
        **common(hub, access.may(request.user, hub), "hub-people"),
        "form": form or AddPeopleForm(),
        "regroup": regroup or RegroupForm(),
        "chosen": request.POST.getlist("entry"),
        "q": filters.chosen("q"),
        "listed": hub.roster.count(),
        "makes_accounts": bool(settings.SOCIAL_PROVIDERS),
        "page": ordered_page(rows, A_PAGE, request.GET, *BY_NAME),
        "others": _others(hub),
        "last": ListChange.objects.select_related("by").filter(hub=hub).first(),
        "temporary": hub.spec.signIn.method == "tmp",
        "by_list": hub.spec.signIn.method == "portal",
    }
    return render(request, "hub/people.html", context, status=status if form or regroup else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: SignedIn, uid: str) -> HttpResponse:
    """List who has access to this hub; POST adds people."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    if request.method != "POST":
        return _page(request, hub)
    if request.POST.get("do") == "undo":
        return _undo(request, hub)
    if "regroup" in request.POST:
        return _of_ticked(request, hub)
    form = AddPeopleForm(request.POST, request.FILES)
    try:
        text = form.text()
        reading = read(text, class_lists.known_names(hub), _columns(request))
        if request.POST.get("do") != "apply":
            if request.POST.get("do") == "edit":
                return _page(request, hub, AddPeopleForm({**request.POST.dict(), "names": text}), status=200)
            plan = class_lists.plan(hub, reading, parted(request.POST.get("groups", "")))
            if request.POST.get("do") == "look" or not _surely(reading, plan):
                return _preview(request, hub, text, reading, plan)
        done = class_lists.apply(
            hub=hub, by=request.user, reading=reading, role=request.POST.get("role", "user"),
            groups=parted(request.POST.get("groups", "")), equal="equal" in request.POST,
        )  # fmt: skip
    except Invalid as error:
        beside(form, error.errors)
        return _page(request, hub, form)
    messages.success(request, _said(hub, done))
    return redirect("hub-people", uid=hub.uid)


def _columns(request: SignedIn) -> list[int] | None:
    """Return the columns that the person chose as groups, or None before they were asked."""
    if "columns" not in request.POST:
        return None
    return [int(at) for at in request.POST.getlist("groups_at") if at.isascii() and at.isdigit() and len(at) < 4]


def _surely(reading: Reading, plan: class_lists.Plan) -> bool:
    """Return whether no preview is needed: a few names that were all understood, or none at all."""
    return not reading.people or (plan.is_plain and not reading.headings and len(reading.people) <= FEW)


def _is_whole(request: SignedIn, reading: Reading) -> bool:
    """Return whether this looks like the list of a whole class, so that others could be removed: a file, a table with
    headings, or more people than are added without a preview."""
    return bool("whole" in request.POST or request.FILES.get("file") or reading.headings or len(reading.people) > FEW)


def _preview(request: SignedIn, hub: Hub, text: str, reading: Reading, plan: class_lists.Plan) -> HttpResponse:
    """Return the preview of what the class list would change."""
    said = {"equal": "equal" in request.POST, "groups_at": [str(at) for at in reading.groups_at]}
    whole, role = _is_whole(request, reading), request.POST.get("role", "user")
    roles = dict(RosterEntry.Role.choices)
    context = {
        **common(hub, access.may(request.user, hub), "hub-people"),
        "plan": plan, "text": text, "role": role, "role_word": roles.get(role, ""),
        "groups": request.POST.get("groups", ""),
        "form": ClassListForm(reading.headings, len(plan.gone) if whole else 0, said), "whole": whole,
        "has_groups": any(found.groups for found in reading.people),
    }  # fmt: skip
    return render(request, "hub/class_list.html", context)


def _said(hub: Hub, done: class_lists.Done) -> str:
    """Return a message about what a class list changed."""
    new, known, off = done.added.new, done.added.known, done.removed
    full = _above_seats(hub) if new else ""
    return " ".join(
        sentence
        for said, sentence in (
            (new, plural("{count} person was added.", "{count} people were added.", new)),
            (known, plural("{count} person was already on the list.", "{count} were already on the list.", known)),
            (off, plural("{count} person was removed.", "{count} people were removed.", off)),
            (True, _("The change takes effect at their next sign-in.")),
            (new and by_portal(hub), _("Tell them the address of the hub: it is below the list.")),
            (full, full),
        )
        if said
    )


def _above_seats(hub: Hub) -> str:
    """Return that the list has more people than servers can run, as a sentence, or ""."""
    seats, people = hub.spec.seats, hub.roster.count()
    if people <= seats:
        return ""
    label = FIELDS["hub.activeServerLimit" if hub.spec.hub.activeServerLimit else "about.heads"].words.label
    return plural(
        "The list now has {count} person, but at most {seats} can work at the same time. To raise this limit, change "
        "“{setting}”.",
        "The list now has {count} people, but at most {seats} can work at the same time. To raise this limit, change "
        "“{setting}”.",
        people,
        seats=number(seats),
        setting=label,
    )


def _undo(request: SignedIn, hub: Hub) -> HttpResponse:
    try:
        gone, back = class_lists.undo(hub=hub, by=request.user)
    except Invalid as error:
        messages.error(request, error.message)
    else:
        counts = {"gone": number(gone), "back": number(back)}
        messages.success(request, _("Change undone. Removed again: {gone}. Restored: {back}.", **counts))
    return redirect("hub-people", uid=hub.uid)


def _taken_off(count: int) -> str:
    return plural(
        "{count} person was removed from the list. Running servers continue until they are stopped.",
        "{count} people were removed from the list. Running servers continue until they are stopped.",
        count,
    )


def _regrouped(count: int) -> str:
    return plural(
        "Groups of {count} person changed. The change takes effect when they next start a server.",
        "Groups of {count} people changed. The change takes effect when they next start a server.",
        count,
    )


def _of_ticked(request: SignedIn, hub: Hub) -> HttpResponse:
    """Add the selected people to groups, remove them from groups, or remove them from the list."""
    names = parted(request.POST["regroup"])
    entries = [int(pk) for pk in request.POST.getlist("entry") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    which = "remove" if request.POST.get("do") == "remove" else "add"
    try:
        if request.POST.get("do") == "off":
            gone = class_lists.remove(hub=hub, by=request.user, entries=entries)
            messages.success(request, _taken_off(gone))
            return redirect("hub-people", uid=hub.uid)
        changed = roster_groups.regroup(hub=hub, by=request.user, entries=entries, **{which: names})
    except Invalid as error:
        form = RegroupForm(request.POST)
        beside(form, {"regroup": [words for each in error.errors.values() for words in each]})
        return _page(request, hub, regroup=form)
    messages.success(request, _regrouped(changed))
    return redirect(request.get_full_path())


def _entry(hub: Hub, pk: int) -> RosterEntry:
    return get_object_or_404(hub.roster.select_related("user", "hub__organization"), pk=pk)


def _word(entry: RosterEntry) -> str:
    """Return the user name or address."""
    return entry.user.username if entry.user else entry.email


def _entry_form(row: RosterEntry) -> EntryForm:
    return EntryForm({"role": row.role, "groups": roster_groups.said(group.name for group in row.groups.all())})


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: SignedIn, uid: str, entry: int) -> HttpResponse:
    """Change a person on the list, or remove them."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    row = _entry(hub, entry)
    context: dict[str, Any] = {"hub": hub, "entry": row, "word": _word(row), "form": _entry_form(row)}
    if request.method != "POST":
        return render(request, "hub/person.html", context)
    if request.POST.get("do") == "remove":
        return _remove(request, hub, row)
    form = EntryForm(request.POST)
    try:
        groups = parted(request.POST["groups"]) if "groups" in request.POST else None
        services.change(entry=row, by=request.user, role=request.POST.get("role", ""), groups=groups)
    except Invalid as error:
        beside(form, error.errors)
        return render(request, "hub/person.html", {**context, "form": form}, status=422)
    now = _("The role of {name} is now {role}.", name=_word(row), role=row.get_role_display())
    messages.success(request, " ".join([now, _("It takes effect at the next sign-in.")]))
    return redirect("hub-people", uid=hub.uid)


def _remove(request: SignedIn, hub: Hub, row: RosterEntry) -> HttpResponse:
    services.remove(entry=row, by=request.user)
    name = row.user.display_name if row.user else row.name or row.email
    done = _("{name} was removed from the list. A running server continues until it is stopped.", name=name)
    messages.success(request, done)
    return redirect("hub-people", uid=hub.uid)
