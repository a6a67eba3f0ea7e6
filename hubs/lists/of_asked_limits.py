"""Requests for user limits in lists of requests: the queue, and the page "Requests"."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Q

from hubs.language import _
from hubs.lists.keyset import Both, Merged, Ordered
from hubs.lists.of_requests import OF_LIMITS, TURNS, RequestFilters
from hubs.lists.paging import Page
from hubs.models import ChangeRequest, Organization, Role, User, UserLimit
from hubs.models.user_limit import UserLimitQuerySet
from hubs.requests.rules import State
from hubs.user_limits.rules import MEASURES

# The columns of a list in the order of a page of requests -> those of a UserLimit.
COLUMNS = {"updated_at": "changed", "submitted_at": "made_at", "title": "hub__title", "pk": "pk"}
OF_LIMIT = (
    "kind", "name", *MEASURES, "reason", "made_at", "since", "ended_at", "hub__uid", "hub__title",
    "hub__organization__name", "author__username", "author__name", "author__first_name", "author__last_name",
    "ended_by__is_staff",
)  # fmt: skip


@dataclass(frozen=True)
class AskedLimit:
    """A requested rule with the attributes of a ChangeRequest that lists show."""

    limit: UserLimit

    get_kind_display = OF_LIMITS[1]
    is_returned = False

    @property
    def pk(self) -> str:
        return f"limit-{self.limit.pk}"

    @cached_property
    def name(self) -> str:
        rule = self.limit
        return _("{hub}: {limit} for {subject}", hub=rule.hub.title, limit=rule.words, subject=rule.subject)

    @property
    def state(self) -> State:
        return self.limit.state

    @property
    def organization(self) -> Organization:
        return self.limit.hub.organization

    @property
    def requester(self) -> User:
        return self.limit.author

    @property
    def requester_id(self) -> int:
        return self.limit.author_id

    @property
    def submitted_at(self) -> datetime:
        return self.limit.made_at

    @property
    def updated_at(self) -> datetime:
        found: datetime = getattr(self.limit, "changed", self.limit.made_at)
        return found

    @property
    def why(self) -> str:
        return _("Above the limits of {organization}.", organization=self.organization.name)

    @property
    def reason(self) -> str:
        return self.limit.reason


def seen_by(user: User) -> UserLimitQuerySet:
    """Return the requests for user limits that a person sees: those of the hubs whose user limits they may set."""
    rows = UserLimit.objects.filter(user.token.among("hub__organization", "hub") if user.token else Q()).asked()
    if user.is_staff:
        return rows
    runs = user.memberships.filter(role__in=[Role.OWNER, Role.ADMIN]).values_list("organization", flat=True)
    return rows.filter(hub__organization__in=list(runs))


def narrowed(rows: Any, filters: RequestFilters) -> Any:
    """Return the rows that match the filters of a list of requests."""
    if (kinds := filters.chosen("kind")) and OF_LIMITS[0] not in kinds:
        return rows.none()
    if states := filters.chosen("state"):
        rows = rows.in_states(states)
    if turn := filters.chosen("turn"):
        rows = rows.in_states(TURNS[turn])
    if slug := filters.chosen("organization"):
        rows = rows.filter(hub__organization__slug=slug)
    if uid := filters.chosen("hub"):
        rows = rows.filter(hub__uid=uid)
    if filters.chosen("mine"):
        rows = rows.filter(author=filters.request.user)
    if words := filters.chosen("q"):
        hub = Q(hub__title__icontains=words) | Q(hub__slug__icontains=words) | Q(name__icontains=words)
        rows = rows.filter(hub | Q(author__name__icontains=words) | Q(author__username__icontains=words))
    return rows


def together(requests: Ordered | Merged, limits: Any) -> Both:
    """Return requests and requests for user limits in the order of the requests."""
    signs = [(name[:1] if name.startswith("-") else "", name.removeprefix("-")) for name in requests.order]
    rows = limits.spelled().select_related("hub__organization", "author", "ended_by").only(*OF_LIMIT)
    return Both([requests, Ordered(rows, tuple(sign + COLUMNS[name] for sign, name in signs))])


def shown(page: Page) -> Page:
    """Return the page with each requested rule as a row of the list."""
    rows = [AskedLimit(row) if isinstance(row, UserLimit) else row for row in page]
    return Page(rows, page.next, page.previous, page.first)


def next_after(row: ChangeRequest | UserLimit, user: User) -> ChangeRequest | AskedLimit | None:
    """Return the next request for this staff member to review after `row`: the next in the queue, else its first. Of a
    ChangeRequest, only what names it."""
    requests = ChangeRequest.objects.all().decidable_by(user).only("uid", "title", "starting_point", "created_at")
    queue = together(Ordered(requests, ("submitted_at", "pk")), UserLimit.objects.all().decidable_by(user))
    sent = row.submitted_at if isinstance(row, ChangeRequest) else row.made_at
    later = queue.take(1, queue.key(row)) if sent else []
    found = next((one for one in (*later, *queue.take(2)) if one != row), None)
    return AskedLimit(found) if isinstance(found, UserLimit) else found
