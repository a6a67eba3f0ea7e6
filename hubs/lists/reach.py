"""The hubs and requests that a person's lists show. `visible_to` does the same for any query; here the person's
organisations are read first, so that a list uses an index instead of sorting all rows that they can see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from hubs.models import ChangeRequest, Hub, Organization, Role, User


@dataclass(frozen=True)
class Reach:
    """Staff see everything; others see the hubs of their organisations (`places`), and other hubs that name them."""

    within: Q  # the restriction of a token
    everything: bool
    places: frozenset[int]
    named: frozenset[int]

    def hubs(self, among: Sequence[int] | None = None) -> QuerySet[Hub]:
        """Return the visible hubs, of all organisations or of these."""
        rows: QuerySet[Hub] = Hub.objects.filter(self.within)
        if self.everything:
            return rows if among is None else _of(rows, among)
        places = sorted(self.places if among is None else self.places.intersection(among))
        if among is not None:
            rows = _of(rows, among)
            if set(among) <= self.places:
                return rows
        if not self.named:
            return _of(rows, places)
        named = Q(pk__in=sorted(self.named))
        return rows.filter(named | Q(organization__in=places)) if places else rows.filter(named)

    def organizations(self) -> QuerySet[Organization]:
        """Return the organisations of all visible hubs, by name."""
        hubs = Hub.objects.filter(self.within, organization=OuterRef("pk"))
        rows = Organization.objects.filter(Exists(hubs))
        if not self.everything:
            elsewhere = Hub.objects.filter(pk__in=sorted(self.named)).values("organization")
            rows = rows.filter(Q(pk__in=sorted(self.places)) | Q(pk__in=elsewhere))
        return rows.order_by("name", "pk")


def _of(rows: QuerySet[Hub], places: Sequence[int]) -> QuerySet[Hub]:
    return rows.filter(organization=places[0]) if len(places) == 1 else rows.filter(organization__in=places)


def of(user: User, roles: Mapping[int, str] | None = None) -> Reach:
    """Return the reach of a person, in two small queries, none for staff. `roles` are the person's roles by
    organisation, if known already."""
    within = user.token.among("organization", "pk") if user.token else Q()
    if user.is_staff:
        return Reach(within, True, frozenset(), frozenset())
    places = frozenset(user.memberships.values_list("organization", flat=True) if roles is None else roles)
    named = Hub.objects.all().naming(user).exclude(organization__in=places).values_list("pk", flat=True)
    return Reach(within, False, places, frozenset(named))


def of_requests(user: User) -> list[Q]:
    """Return the requests that a person sees, as conditions that each have an index (keyset.Merged): their own, and
    requests sent in the organisations where they are owner or admin. One small query, none for staff."""
    within = user.token.among("organization", "hub") if user.token else Q()
    begun = ~ChangeRequest.objects.all().only_opened()
    if user.is_staff:
        return [within & (Q(requester=user) & begun | ~Q(submitted_at=None))]
    roles = dict(user.memberships.values_list("organization", "role"))
    own = Q(requester=user, organization__in=sorted(roles)) & begun
    runs = sorted(place for place, role in roles.items() if role in (Role.OWNER, Role.ADMIN))
    return [within & part for part in (own, *(Q(organization=place, submitted_at__isnull=False) for place in runs))]
