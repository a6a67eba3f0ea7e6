"""Pages to extend a hub, and the calendar of an organisation."""

import re
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.calendar.forms.dates import ExtendForm
from hubs.calendar.queries import feed as calendars
from hubs.calendar.queries.year_plan import Window
from hubs.calendar.services import extension
from hubs.calendar.services import links as calendar_links
from hubs.days import queries as dates
from hubs.errors import Conflict
from hubs.hub.pages.page import refused
from hubs.language import _, calendar_day
from hubs.lists.paging import ordered_page
from hubs.models import CalendarLink, Hub, Organization
from hubs.organizations.pages.organizations import tabs
from hubs.pages.forms import tried
from hubs.requests.rules import State

A_PAGE = 50
CREATED = "calendar_address"  # session key: what was done to the secret address, said once beside it


@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: SignedIn, uid: str) -> HttpResponse:
    """Ask for the new last day, then submit a request."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    if hub.is_retired and request.method != "POST":
        messages.info(request, _("This hub is retired and can no longer be extended."))
        return redirect("hub", uid=hub.uid)
    form = ExtendForm(hub, request.POST if request.method == "POST" else None)
    try:
        if row := tried(form, extension.extend, hub=hub, by=request.user):
            return _extended(request, hub, row.state == State.APPROVED)
    except Conflict as error:
        return refused(request, hub, error)
    context = {"hub": hub, "form": form, "ending": dates.ending(hub, timezone.now())}
    return render(request, "hub/extend.html", context, status=422 if form.errors else 200)


def _extended(request: SignedIn, hub: Hub, at_once: bool) -> HttpResponse:
    if not at_once:
        messages.info(
            request, _("The request was sent to staff for review. The last day doesn’t change until it is approved.")
        )
        return redirect("hub", uid=hub.uid)
    hub.refresh_from_db()
    if hub.ends_on:
        messages.success(request, _("The last day is now {day}.", day=calendar_day(hub.ends_on)))
    return redirect("hub", uid=hub.uid)


@require_safe
def calendar(request: SignedIn, slug: str) -> HttpResponse:
    """First and last days of the organisation's hubs, some months at a time."""
    organization = access.organization(request.user, slug)
    now = timezone.now()
    today = dates.today(now, organization)
    window = Window.asked(request.GET.get("from", ""), today)
    not_over = Q(ends_on__gte=window.first) | Q(ends_on=None)
    begun = Q(starts_on__lte=window.last) | Q(starts_on=None, ends_on__isnull=False)
    seen = not_over & (begun | Q(starts_on=None, created_at__date__lte=window.last))
    rows = calendars.planned(organization).filter(seen | ~Q(ended_at=None))
    rows = rows.annotate(last=Coalesce("ends_on", Value(date.max)))
    listed = ordered_page(rows, A_PAGE, request.GET, "last", "title", "pk")
    link = CalendarLink.objects.filter(person=request.user, organization=organization).first()
    address = calendar_links.address(link) if link else ""
    context: dict[str, Any] = {
        "organization": organization,
        "tabs": tabs(request, organization, "organization-calendar"),
        "window": window,
        "today": window.today(today),
        "page": listed,
        "rows": [(hub, window.bar(hub), dates.ending(hub, now)) for hub in listed.object_list],
        "address": address,
        "in_app": re.sub("^https?", "webcal", address),
        "created": request.session.pop(CREATED, ""),
        "zone": dates.zone_text(organization),
        "may_set": Permission.SETTINGS in access.may(request.user, organization),
    }
    return render(request, "organizations/calendar.html", context)


@require_safe
def calendar_file(request: SignedIn, slug: str) -> HttpResponse:
    """Download the calendar as an iCalendar file."""
    return as_file(access.organization(request.user, slug))


def as_file(organization: Organization) -> HttpResponse:
    """Return the days of an organisation's hubs as iCalendar."""
    text = calendars.as_file(organization, timezone.now())
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{organization.slug}-hubs.ics"'
    return response
