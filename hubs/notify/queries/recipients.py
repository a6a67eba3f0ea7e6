"""The recipients of one event: who has the roles of hubs.notify.rules.audience."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q

from hubs.models import ChangeRequest, Event, Hub, Membership, Organization, Role, RosterEntry, User
from hubs.notify.rules.audience import Who

RUNS = (Role.OWNER, Role.ADMIN)
TEACHES = (Role.OWNER, Role.ADMIN, Role.INSTRUCTOR)


@dataclass(frozen=True)
class Scene:
    """The objects that an event is about, in their current state; None for what no longer exists."""

    event: Event
    organization: Organization | None
    hub: Hub | None
    request: ChangeRequest | None

    @classmethod
    def of(cls, event: Event) -> "Scene":
        hub = request = None
        if event.request:
            rows = ChangeRequest.objects.select_related("organization", "requester")
            request = rows.filter(uid=event.request).first()
        if event.hub:
            hub = Hub.objects.select_related("organization", "revision", "created_by").filter(uid=event.hub).first()
        place = hub.organization if hub else request.organization if request else None
        if place is None and event.organization:
            place = Organization.objects.filter(slug=event.organization).first()
        return cls(event, place, hub, request)

    @cached_property
    def _members(self) -> dict[int, Membership]:
        """Return the members who may be recipients, in one query."""
        meant = [self.request.requester_id] if self.request else []
        meant += [self.hub.created_by_id] if self.hub else []
        rows = Membership.objects.filter(organization=self.organization).select_related("user")
        return {row.user_id: row for row in rows.filter(Q(role__in=TEACHES) | Q(user__in=meant))}

    def _own(self, person: User | None) -> list[User]:
        """Return the creator as a list, empty unless they are still a member of the organisation, or staff."""
        return [person] if person and (person.is_staff or person.pk in self._members) else []

    def _hub_admins(self) -> list[User]:
        """Return the hub's creator, and the admins on its people list and in its spec who may request hubs here."""
        if self.hub is None:
            return []
        rows = RosterEntry.objects.filter(hub=self.hub, role=RosterEntry.Role.ADMIN).values_list("user", "email")
        users, addresses = {user for user, _ in rows}, {email for _, email in rows if email}
        named = (set(self.hub.spec.signIn.adminUsers) if self.hub.revision else set()) | addresses
        found = [row.user for row in self._members.values() if row.role in TEACHES]
        admins = [u for u in found if u.pk in users or {u.username.lower(), u.verified_email} & named]
        return [*self._own(self.hub.created_by), *admins]

    def _are(self, who: Who) -> Iterable[User]:
        match who:
            case Who.REQUESTER:
                return self._own(self.request.requester if self.request else None)
            case Who.MAKER:
                return self._own(self.hub.created_by if self.hub else None)
            case Who.HUB_ADMINS:
                return self._hub_admins()
            case Who.ADMINS:
                return [row.user for row in self._members.values() if row.role in RUNS]
            case Who.STAFF:
                return User.objects.filter(is_staff=True, is_active=True)
            case Who.CONCERNED | Who.ACCOUNT:
                return User.objects.filter(username__in=self.event.data.get("people", []))

    def people(self, who: Iterable[Who]) -> list[User]:
        """Return the people with these roles, each once, without service accounts and closed accounts. The actor is
        left out, except for notifications about their own account."""
        found = {user.pk: user for each in who for user in self._are(each) if user.service_of_id is None}
        but = "" if Who.ACCOUNT in who else self.event.actor
        return [user for user in found.values() if user.is_active and user.username != but]
