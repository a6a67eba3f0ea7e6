"""Who may enter hubs, for lists: the rule of the sign-in (Hub.role_of) for many hubs at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q

from hubs.models import Hub, Role, RosterEntry, User


def _sign_in(hub: Hub) -> Mapping[str, Any]:
    """As stored: one spec that can't be read hides no other hub."""
    data = hub.revision.data if hub.revision else None
    found = data.get("signIn") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def by_portal(hub: Hub) -> bool:
    """Does the hub's list decide who enters? With other ways to sign in that is known elsewhere."""
    return bool(_sign_in(hub).get("method", "portal") == "portal")


def _admin(hub: Hub, user: User, address: str, role: str | None) -> bool:
    names = {address, user.username.lower() if role else ""} - {""}
    named = _sign_in(hub).get("adminUsers") or ()
    made = role == Role.INSTRUCTOR and hub.created_by_id == user.pk
    return role in (Role.OWNER, Role.ADMIN) or made or (isinstance(named, list) and bool(names & set(map(str, named))))


def enterable(user: User, hubs: Iterable[Hub], roles: Mapping[int, str] | None = None) -> set[int]:
    """Ids of those of these hubs that this person could enter, as far as the portal knows. Two queries; hubs come with
    their revision. `roles`: theirs by organisation, where they are known already."""
    rows, address = list(hubs), user.verified_email
    roles = dict(user.memberships.values_list("organization", "role")) if roles is None else roles
    mine = Q(user=user) | Q(email=address) if address else Q(user=user)
    listed = set(RosterEntry.objects.filter(mine, hub__in=[hub.pk for hub in rows]).values_list("hub", flat=True))
    return {
        hub.pk for hub in rows
        if hub.pk in listed or not by_portal(hub) or _admin(hub, user, address, roles.get(hub.organization_id))
    }  # fmt: skip
