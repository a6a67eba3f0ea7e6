"""Pages of the audit log: of a hub, of an organisation, of the whole portal."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.accounts.services import sign_ins as signing_in
from hubs.audit.forms import FilterForm, SignInFilterForm
from hubs.hub.pages.page import tabs as hub_tabs
from hubs.language import _
from hubs.lists.paging import AFTER, BEFORE, ordered_page
from hubs.models import AuditEvent, ChangeRequest, Hub, Organization, SignIn, StartingPoint
from hubs.models.record import AuditEventQuerySet
from hubs.organizations.pages.organizations import tabs

from . import lines as audit_lines

A_PAGE = 50
View = Callable[..., HttpResponseBase]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # the column is text: it must outlive the request


@dataclass(frozen=True)
class Line:
    """One event as it is displayed. `hub`, `request` and `organization` are "" where the reader has no access."""

    event: AuditEvent
    text: str  # a sentence
    html: SafeString
    changes: list[tuple[str, str, str]]  # label, before, after
    hub: str
    request: str
    organization: str
    organization_name: str
    origin: str  # the credentials and the address that were used


def _lines(user: Any, events: Iterable[AuditEvent]) -> list[Line]:
    """Return the lines of these events, in four queries, with links only to what the reader has access to."""
    events = list(events)
    hubs = {event.hub for event in events} - {""}
    requests = {event.request for event in events if UUID.fullmatch(event.request)}
    places = {event.organization for event in events} - {""}
    may_hubs = set(Hub.objects.visible_to(user).filter(uid__in=hubs).values_list("uid", flat=True))
    asked = ChangeRequest.objects.visible_to(user).filter(uid__in=requests).values_list("uid", flat=True)
    may_requests = {str(uid) for uid in asked}
    points = dict(StartingPoint.objects.values_list("slug", "name"))
    seen = Organization.objects.visible_to(user).filter(slug__in=places)
    may_places = dict(seen.values_list("slug", "name"))
    for event in events:
        if event.verb.startswith("starting_point."):  # they are recorded by their slug
            event.subject = points.get(event.subject, event.subject)
    return [
        Line(
            event,
            audit_lines.text(event),
            audit_lines.html(event),
            audit_lines.changes(event),
            event.hub if event.hub in may_hubs else "",
            event.request if event.request in may_requests else "",
            event.organization if event.organization in may_places else "",
            may_places.get(event.organization, ""),
            audit_lines.came_from(event, event.address_for(user)),
        )
        for event in events
    ]


def _filtered(events: AuditEventQuerySet, form: FilterForm) -> AuditEventQuerySet:
    """Return the filtered events. An invalid filter shows an error and is ignored; the others still apply."""
    form.is_valid()
    return events.narrowed(**form.cleaned_data)


@dataclass(frozen=True)
class Place:
    """One audit log. `urls` is the URL name of its list, `args` are the arguments of its URLs."""

    events: AuditEventQuerySet
    urls: str  # "hub-audit": the others are then "hub-audit-csv" and "hub-audit-record"
    args: tuple[str, ...]
    name: str  # file name of the CSV
    context: dict[str, Any]


def _page(request: SignedIn, place: Place) -> HttpResponse:
    of = "hub" if "hub" in place.context else "organization" if "organization" in place.context else ""
    form = FilterForm(request.GET, of=of)
    page = ordered_page(_filtered(place.events, form), A_PAGE, request.GET, "-at", "-pk")
    narrowed = any(request.GET.get(name) for name in form.fields)
    asked = request.GET.copy()
    for name in (AFTER, BEFORE):
        asked.pop(name, None)
    context = {
        **place.context,
        "form": form,
        "page": page,
        "lines": _lines(request.user, page.object_list),
        "narrowed": narrowed,
        "csv": f"{reverse(f'{place.urls}-csv', args=place.args)}?{asked.urlencode()}",
        "here": reverse(place.urls, args=place.args),
    }
    return render(request, "audit/index.html", context)


def _table(request: SignedIn, place: Place) -> HttpResponseBase:
    return audit_lines.as_csv(request, _filtered(place.events, FilterForm(request.GET)), request.user, place.name)


def _record(request: SignedIn, place: Place, event: int) -> HttpResponse:
    row = place.events.filter(pk=event, recorded=True).select_related("record").first()
    if row is None:
        raise Http404
    [line] = _lines(request.user, [row])
    context = {
        **place.context,
        "line": line,
        "details": audit_lines.details(row.record.data),
        "cut": row.record.cut,
        "here": reverse(place.urls, args=place.args),
    }
    return render(request, "audit/record.html", context)


def _of_hub(request: SignedIn, uid: str) -> Place:
    hub = access.hub(request.user, uid, Permission.AUDIT)
    context = {"hub": hub, "heading": hub.title, "tabs": hub_tabs(hub, access.may(request.user, hub), "hub-audit")}
    return Place(AuditEvent.objects.of_hub(hub), "hub-audit", (hub.uid,), f"audit-{hub.slug}.csv", context)


def _of_organization(request: SignedIn, slug: str) -> Place:
    row = access.organization(request.user, slug, Permission.AUDIT)
    context = {
        "organization": row,
        "heading": _("{organization} · Audit", organization=row.name),
        "tabs": tabs(request, row, "organization-audit"),
    }
    events = AuditEvent.objects.of_organization(row)
    return Place(events, "organization-audit", (row.slug,), f"audit-{row.slug}.csv", context)


def _of_all(request: SignedIn) -> Place:
    access.staff(request.user)
    context = {"heading": _("Audit"), "everywhere": True, "tabs": _staff_tabs("audit")}
    return Place(AuditEvent.objects.all(), "audit", (), "audit.csv", context)


def _pages(door: Callable[..., Place]) -> tuple[View, View, View]:
    """Return the views for the list, the CSV and the records of one audit log."""

    @require_safe
    def lines(request: SignedIn, **where: str) -> HttpResponse:
        return _page(request, door(request, **where))

    @require_safe
    def table(request: SignedIn, **where: str) -> HttpResponseBase:
        return _table(request, door(request, **where))

    @require_safe
    def record(request: SignedIn, event: int, **where: str) -> HttpResponse:
        return _record(request, door(request, **where), event)

    return lines, table, record


of_hub, of_hub_csv, of_hub_record = _pages(_of_hub)
of_organization, of_organization_csv, of_organization_record = _pages(_of_organization)
index, index_csv, index_record = _pages(_of_all)


def _staff_tabs(here: str) -> list[dict[str, Any]]:
    pages = ((_("Changes"), "audit"), (_("Sign-ins"), "audit-sign-ins"))
    return [{"title": title, "href": reverse(name), "count": 0, "current": name == here} for title, name in pages]


@require_safe
def sign_ins(request: SignedIn) -> HttpResponse:
    """Sign-ins to the portal, and failed attempts."""
    access.staff(request.user)
    form = SignInFilterForm(request.GET)
    form.is_valid()
    rows = SignIn.objects.select_related("person").narrowed(**form.cleaned_data)
    page = ordered_page(rows, A_PAGE, request.GET, "-last_at", "-pk")
    narrowed = any(request.GET.get(name) for name in form.fields)
    named = signing_in.named(page.object_list)
    context = {
        "form": form, "page": page, "rows": named, "narrowed": narrowed, "tabs": _staff_tabs("audit-sign-ins"),
    }  # fmt: skip
    return render(request, "audit/sign_ins.html", context)
