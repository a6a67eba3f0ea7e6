"""Filters and orders of lists of hubs."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from hubs.language import lazy
from hubs.lists import filtering
from hubs.models import Hub, Organization

LIVING = [choice for choice in Hub.Status.choices if choice[0] != Hub.Status.RETIRED]
STATUSES = [("", lazy("All but retired")), *LIVING, (Hub.Status.RETIRED.value, Hub.Status.RETIRED.label)]
# Not statuses: stalled and unknown hubs, and a ready hub can be paused.
ATTENTION, PAUSED = ("attention", lazy("Needs attention")), ("paused", lazy("Repairs paused"))
TROUBLED = Q(urgency__in=(0, 1))  # the first two of Hub.URGENCY


class HubFilters(filtering.ListFilters):
    SORTS = {
        "": (lazy("Name"), ("title", "pk")),
        "status": (lazy("Problems first"), ("urgency", "title", "pk")),
        "newest": (lazy("Newest first"), ("-created_at", "-pk")),
        "people": (lazy("Most people"), ("-seats", "title", "pk")),
    }
    q = filtering.words("Part of the title or address")
    status = filtering.some_of(
        "status", lazy("Status"), [*Hub.Status.choices, ATTENTION, PAUSED], "Status; may be given several times",
        method="by_status",
    )  # fmt: skip
    organization = filtering.text("organization__slug", lazy("Organisation"), "Slug of the organisation")
    cluster = filtering.text("cluster__slug", lazy("Cluster"), "Slug of the cluster")
    desiredState = filtering.some_of(
        "desired_state", lazy("Desired state"), Hub.Desired.choices, "Desired state; may be given several times"
    )

    class Meta:
        model = Hub
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Hub], name: str, words: str) -> QuerySet[Hub]:
        return rows.filter(Q(title__icontains=words) | Q(slug__icontains=words))

    def by_status(self, rows: QuerySet[Hub], name: str, values: list[str]) -> QuerySet[Hub]:
        """Filter by the column that has an index in the order of all hubs."""
        more = {ATTENTION[0]: TROUBLED, PAUSED[0]: Q(paused_at__isnull=False)}
        wanted = Q(urgency__in=[Hub.URGENCY.index(value) for value in values if value not in more])
        for value in values:
            wanted |= more.get(value, Q())
        return rows.filter(wanted)

    def living(self, rows: QuerySet[Hub]) -> QuerySet[Hub]:
        """Return the rows for a page: retired hubs only if requested."""
        found: QuerySet[Hub] = self.narrow(rows)
        return found if self.chosen("status") else found.filter(retired_at=None)


class FleetFilters(HubFilters):
    """The filters for staff, who look for problems."""

    SORTS = {
        "": (lazy("Problems first"), ("urgency", "-failures", "title", "pk")),
        "name": (lazy("Name"), ("title", "pk")),
        "newest": (lazy("Newest first"), ("-created_at", "-pk")),
        "people": (lazy("Most people"), ("-seats", "title", "pk")),
        "looked": (lazy("Least recently checked"), ("observed_at", "pk")),
    }


def slugs(rows: Iterable[Any]) -> list[tuple[str, str]]:
    """Return organisations or clusters as choices."""
    return [filtering.ANY, *((row.slug, row.name) for row in rows)]


def of_page(request: HttpRequest, organizations: Iterable[Organization]) -> HubFilters:
    return HubFilters(request.GET, offers={"status": STATUSES, "organization": slugs(organizations)})


def of_fleet(request: HttpRequest, organizations: Iterable[Organization], clusters: Iterable[Any]) -> FleetFilters:
    places = {"organization": slugs(organizations), "cluster": slugs(clusters)}
    return FleetFilters(request.GET, offers={"status": [STATUSES[0], ATTENTION, *STATUSES[1:]], **places})
