"""The days of an organisation's hubs as calendar events."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from hubs.calendar import rules as ics
from hubs.days import queries as dates
from hubs.language import _, within
from hubs.models import Hub, Organization

MOST = 2000  # hubs in a file; far more than organisations have


def planned(organization: Organization) -> QuerySet[Hub]:
    """Return the hubs that are not retired, with or without days."""
    return Hub.objects.alive().filter(organization=organization).select_related("organization")


def dated(organization: Organization) -> QuerySet[Hub]:
    return planned(organization).exclude(starts_on=None, ends_on=None)


def _events(hub: Hub) -> list[ics.Event]:
    """Return events for the first and last day, and for the retirement of an ended hub."""
    host = urlsplit(settings.PORTAL_URL).hostname
    url = settings.PORTAL_URL + reverse("hub", args=[hub.uid])
    days = (
        ("start", hub.starts_on, _("{hub}: first day", hub=hub.title), _("The hub’s first day.")),
        ("end", hub.ends_on, _("{hub}: last day", hub=hub.title),
         _("The hub is suspended after this day. Files are kept.")),
        ("retire", dates.retires_on(hub), within("calendar", "{hub} is retired", hub=hub.title),
         _("Unless the hub is extended before.")),
    )  # fmt: skip
    return [ics.Event(f"{hub.uid}-{name}@{host}", day, title, f"{about} {url}", url)
            for name, day, title, about in days if day]  # fmt: skip


def as_file(organization: Organization, now: datetime) -> str:
    """Return an iCalendar file. One query."""
    events = [event for hub in dated(organization).order_by("pk")[:MOST] for event in _events(hub)]
    return ics.calendar(_("Hubs of {organization}", organization=organization.name), events, now)
