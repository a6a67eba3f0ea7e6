"""How lists of hubs are narrowed and sorted."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from hubs.lists import filtering
from hubs.models import Hub, Organization

LIVING = [choice for choice in Hub.Status.choices if choice[0] != Hub.Status.RETIRED]
STATUSES = [("", "All but retired"), *LIVING, (Hub.Status.RETIRED.value, "Retired")]
PAUSED = ("paused", "Paused by staff")  # no status of its own: a hub that works may be paused


class HubFilters(filtering.ListFilters):
    SORTS = {
        "": ("By name", ("title", "pk")),
        "status": ("Problems first", ("urgency", "title", "pk")),
        "newest": ("Newest first", ("-created_at", "-pk")),
        "people": ("Most people", ("-seats", "title", "pk")),
    }
    q = filtering.words("Part of its title or address")
    status = filtering.some_of(
        "status", "Status", [*Hub.Status.choices, PAUSED], "The one summary word; may be given several times",
        method="by_status",
    )  # fmt: skip
    organization = filtering.text("organization__slug", "Organisation", "Slug of its organisation")
    cluster = filtering.text("cluster__slug", "Cluster", "Slug of its cluster")
    desiredState = filtering.some_of(
        "desired_state", "Wanted", Hub.Desired.choices, "What is wanted; may be given several times"
    )

    class Meta:
        model = Hub
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Hub], name: str, words: str) -> QuerySet[Hub]:
        return rows.filter(Q(title__icontains=words) | Q(slug__icontains=words))

    def by_status(self, rows: QuerySet[Hub], name: str, values: list[str]) -> QuerySet[Hub]:
        """By the column that an index leads through in the order of the fleet."""
        places = [Hub.URGENCY.index(value) for value in values if value != PAUSED[0]]
        paused = Q(paused_at__isnull=False) if PAUSED[0] in values else Q(pk__in=[])
        return rows.filter(Q(urgency__in=places) | paused if len(places) < len(values) else Q(urgency__in=places))

    def living(self, rows: QuerySet[Hub]) -> QuerySet[Hub]:
        """As a page shows them: retired ones only when asked for."""
        found: QuerySet[Hub] = self.narrow(rows)
        return found if self.chosen("status") else found.filter(retired_at=None)


class FleetFilters(HubFilters):
    """The same for staff, who look for what is wrong."""

    SORTS = {
        "": ("Problems first", ("urgency", "-failures", "title", "pk")),
        "name": ("By name", ("title", "pk")),
        "newest": ("Newest first", ("-created_at", "-pk")),
        "people": ("Most people", ("-seats", "title", "pk")),
        "looked": ("Not seen for longest", ("observed_at", "pk")),
    }


def slugs(rows: Iterable[Any]) -> list[tuple[str, str]]:
    """Organisations or clusters to choose from."""
    return [filtering.ANY, *((row.slug, row.name) for row in rows)]


def of_page(request: HttpRequest, organizations: Iterable[Organization]) -> HubFilters:
    return HubFilters(request.GET, offers={"status": STATUSES, "organization": slugs(organizations)})


def of_fleet(request: HttpRequest, organizations: Iterable[Organization], clusters: Iterable[Any]) -> FleetFilters:
    places = {"organization": slugs(organizations), "cluster": slugs(clusters)}
    return FleetFilters(request.GET, offers={"status": [*STATUSES, PAUSED], **places})
