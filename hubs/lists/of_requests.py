"""Filters and orders of lists of requests."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from hubs.language import lazy, lazy_within
from hubs.lists import filtering
from hubs.lists.of_hubs import slugs
from hubs.looks import REQUEST
from hubs.models import ChangeRequest, Organization
from hubs.requests.rules import EDITABLE, OPEN, State

TURNS = {  # who acts next
    "requester": list(EDITABLE),
    "staff": [state for state in OPEN if state not in EDITABLE],
    "nobody": [state for state in State if state not in OPEN],
}
OF_LIMITS = ("limits", lazy_within("type of request", "User limits"))  # beside the types of a ChangeRequest
KINDS = [*ChangeRequest.Kind.choices, OF_LIMITS]
# The columns that a row shows and is sorted by; the rest of a request is large.
OF_REQUEST = (
    "uid", "title", "starting_point", "starting_version__point__name", "kind", "state", "created_at", "updated_at",
    "submitted_at", "organization__name",
)  # fmt: skip
RELATED = ("organization", "starting_version__point")  # what these columns need
OF_REQUESTER = ("requester__username", "requester__name", "requester__first_name", "requester__last_name")


class RequestFilters(filtering.ListFilters):
    SORTS = {
        "": (lazy("Newest first"), ("-updated_at", "-pk")),
        "oldest": (lazy("Oldest first"), ("updated_at", "pk")),
        "name": (lazy("Name"), ("title", "-pk")),
    }
    q = filtering.words("Part of the title or address, or of the requester’s name or user name")
    organization = filtering.text("organization__slug", lazy("Organisation"), "Slug of the organisation")
    hub = filtering.text("hub__uid", lazy("Hub"), "uid of the hub")
    state = filtering.some_of(
        "state", lazy("Status"), [(one.value, REQUEST[one].word) for one in State], "May be given several times"
    )
    kind = filtering.some_of("kind", lazy("Type"), ChangeRequest.Kind.choices, "May be given several times")
    turn = django_filters.ChoiceFilter(
        method="by_turn", label=lazy("Waiting for"), choices=[(who, who) for who in TURNS], help_text="Who acts next"
    )
    mine = django_filters.BooleanFilter(method="by_caller", label=lazy("Mine"), help_text="Only the caller’s requests")

    class Meta:
        model = ChangeRequest
        fields: list[str] = []

    def by_words(self, rows: QuerySet[ChangeRequest], name: str, words: str) -> QuerySet[ChangeRequest]:
        title = Q(title__icontains=words) | Q(slug__icontains=words)
        person = Q(requester__name__icontains=words) | Q(requester__username__icontains=words)
        return rows.filter(title | person)

    def by_turn(self, rows: QuerySet[ChangeRequest], name: str, who: str) -> QuerySet[ChangeRequest]:
        return rows.filter(state__in=TURNS[who])

    def by_caller(self, rows: QuerySet[ChangeRequest], name: str, mine: bool) -> QuerySet[ChangeRequest]:
        return rows.filter(requester=self.request.user) if mine else rows


class PageFilters(RequestFilters):
    """The filters of pages, which list requests for user limits, too (hubs/lists/of_asked_limits.py)."""

    kind = filtering.some_of("kind", lazy("Type"), KINDS, "")


class QueueFilters(PageFilters):
    SORTS = {}
    order = ("submitted_at", "pk")  # oldest first

    @property
    def state_shown(self) -> State:
        return State.RETURNED if self.chosen("turn") == "requester" else State.SUBMITTED


def of_page(request: Any, organizations: Iterable[Organization]) -> PageFilters:
    states = [filtering.ANY, *((one.value, REQUEST[one].word) for one in State)]
    offers = {"state": states, "kind": [filtering.ANY, *KINDS], "organization": slugs(organizations)}
    return PageFilters(request.GET, request=request, offers=offers)


def of_queue(request: HttpRequest, organizations: Iterable[Organization]) -> QueueFilters:
    offers = {
        "turn": [("", lazy("Staff")), ("requester", lazy("The requester"))],
        "kind": [filtering.ANY, *KINDS],
        "organization": slugs(organizations),
    }
    return QueueFilters(request.GET, request=request, offers=offers)
