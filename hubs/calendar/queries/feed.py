"""The days of an organisation's hubs, as a calendar has them."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from hubs.calendar import rules as ics
from hubs.days import queries as dates
from hubs.models import Hub, Organization

MOST = 2000  # hubs in a file; nobody has as many


def planned(organization: Organization) -> QuerySet[Hub]:
    """Its hubs that live, with or without days."""
    return Hub.objects.alive().filter(organization=organization).select_related("organization")


def dated(organization: Organization) -> QuerySet[Hub]:
    return planned(organization).exclude(starts_on=None, ends_on=None)


def _events(hub: Hub) -> list[ics.Event]:
    """First and last day, and the day on which it is retired when it has ended."""
    host = urlsplit(settings.PORTAL_URL).hostname
    url = settings.PORTAL_URL + reverse("hub", args=[hub.uid])
    days = (
        ("start", hub.starts_on, f"{hub.title} begins", "Its first day."),
        ("end", hub.ends_on, f"{hub.title}: last day", "After this day the hub is suspended. Files are kept."),
        ("retire", dates.retires_on(hub), f"{hub.title} is retired", "Unless somebody extends it before."),
    )
    return [ics.Event(f"{hub.uid}-{name}@{host}", day, title, f"{about} {url}", url)
            for name, day, title, about in days if day]  # fmt: skip


def as_file(organization: Organization, now: datetime) -> str:
    """An iCalendar file. One query."""
    events = [event for hub in dated(organization).order_by("pk")[:MOST] for event in _events(hub)]
    return ics.calendar(f"Hubs of {organization.name}", events, now)
