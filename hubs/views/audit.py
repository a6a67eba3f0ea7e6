"""Who did what, as sentences: of a hub, of an organisation, of the whole portal."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.audit import SENTENCES
from hubs.forms.audit import FilterForm, SignInFilterForm
from hubs.models import AuditEvent, ChangeRequest, Hub, Organization, SignIn
from hubs.models.record import AuditEventQuerySet
from hubs.spec import FIELDS
from hubs.spec.diff import gib_text
from hubs.views.organizations import tabs

A_PAGE = 50
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # the column is text: it outlives the request


@dataclass(frozen=True)
class Line:
    """One event as a person reads it. A place is (name, uid or slug), and "" where the reader may not look."""

    event: AuditEvent
    who: str
    did: str
    changes: list[tuple[str, str, str]]  # label, before, after
    hub: str
    request: str
    organization: str
    address: str


def _word(name: str, value: Any) -> str:
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_mib") and isinstance(value, int):
        return gib_text(value)
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)


def _changes(event: AuditEvent) -> list[tuple[str, str, str]]:
    found = []
    for name, change in event.changes.items():
        label = FIELDS[name].words.label if name in FIELDS else name.removesuffix("_mib").replace("_", " ")
        before, after = change if isinstance(change, list) and len(change) == 2 else ("", change)
        found.append((label[:1].upper() + label[1:], _word(name, before), _word(name, after) or "nothing"))
    return found


def _lines(user: Any, events: Iterable[AuditEvent]) -> list[Line]:
    """Three queries, however many events: links lead only where the reader may look."""
    events = list(events)
    hubs = {event.hub for event in events} - {""}
    requests = {event.request for event in events if UUID.fullmatch(event.request)}
    places = {event.organization for event in events} - {""}
    may_hubs = set(Hub.objects.visible_to(user).filter(uid__in=hubs).values_list("uid", flat=True))
    asked = ChangeRequest.objects.visible_to(user).filter(uid__in=requests).values_list("uid", flat=True)
    may_requests = {str(uid) for uid in asked}
    seen = Organization.objects.visible_to(user).filter(slug__in=places)
    may_places = set(seen.values_list("slug", flat=True))
    return [
        Line(
            event,
            event.actor_name or event.actor or "the portal",
            SENTENCES.get(event.verb, event.verb),
            _changes(event),
            event.hub if event.hub in may_hubs else "",
            event.request if event.request in may_requests else "",
            event.organization if event.organization in may_places else "",
            event.address_for(user),
        )
        for event in events
    ]


def _filtered(events: AuditEventQuerySet, form: FilterForm) -> AuditEventQuerySet:
    """What is wrong with one filter shows beside it; the others still count."""
    form.is_valid()
    return events.narrowed(**form.cleaned_data)


def _page(request: SignedIn, events: AuditEventQuerySet, context: dict[str, Any]) -> HttpResponse:
    form = FilterForm(request.GET)
    page = Paginator(_filtered(events, form), A_PAGE).get_page(request.GET.get("page"))
    narrowed = any(request.GET.get(name) for name in form.fields)
    lines = _lines(request.user, page.object_list)
    return render(
        request, "audit/index.html", {**context, "form": form, "page": page, "lines": lines, "narrowed": narrowed}
    )


@require_safe
def of_hub(request: SignedIn, uid: str) -> HttpResponse:
    hub = access.hub(request.user, uid, Permission.AUDIT)
    return _page(request, AuditEvent.objects.of_hub(hub), {"hub": hub, "heading": f"Audit of {hub.title}"})


@require_safe
def of_organization(request: SignedIn, slug: str) -> HttpResponse:
    row = access.organization(request.user, slug, Permission.AUDIT)
    context = {
        "organization": row,
        "heading": row.name,
        "tabs": tabs(request, row, "organization-audit"),
    }
    return _page(request, AuditEvent.objects.of_organization(row), context)


@require_safe
def index(request: SignedIn) -> HttpResponse:
    access.staff(request.user)
    context = {"heading": "Audit", "everywhere": True, "tabs": _staff_tabs("audit")}
    return _page(request, AuditEvent.objects.all(), context)


def _staff_tabs(here: str) -> list[dict[str, Any]]:
    pages = (("Changes", "audit"), ("Sign-ins", "audit-sign-ins"))
    return [{"title": title, "href": reverse(name), "count": 0, "current": name == here} for title, name in pages]


@require_safe
def sign_ins(request: SignedIn) -> HttpResponse:
    """Who signed in to the portal, and who tried."""
    access.staff(request.user)
    form = SignInFilterForm(request.GET)
    form.is_valid()
    rows = SignIn.objects.select_related("person").narrowed(**form.cleaned_data)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    narrowed = any(request.GET.get(name) for name in form.fields)
    context = {"form": form, "page": page, "narrowed": narrowed, "tabs": _staff_tabs("audit-sign-ins")}
    return render(request, "audit/sign_ins.html", context)
