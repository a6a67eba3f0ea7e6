"""Which hubs a person can sign in to, for lists: the rule of the sign-in (Hub.role_of) for many hubs at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q

from hubs.models import Hub, Role, RosterEntry, User


def _sign_in(hub: Hub) -> Mapping[str, Any]:
    """Return the sign-in settings as stored, so that one unreadable spec doesn't hide other hubs."""
    data = hub.revision.data if hub.revision else None
    found = data.get("signIn") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def by_portal(hub: Hub) -> bool:
    """Return whether the hub's list decides who has access. With other sign-in methods it is decided elsewhere."""
    return bool(_sign_in(hub).get("method", "portal") == "portal")


def _admin(hub: Hub, user: User, address: str, role: str | None) -> bool:
    names = {address, user.username.lower() if role else ""} - {""}
    named = _sign_in(hub).get("adminUsers") or ()
    made = role == Role.INSTRUCTOR and hub.created_by_id == user.pk
    return role in (Role.OWNER, Role.ADMIN) or made or (isinstance(named, list) and bool(names & set(map(str, named))))


def enterable(user: User, hubs: Iterable[Hub], roles: Mapping[int, str] | None = None) -> set[int]:
    """Return ids of the hubs that this person can sign in to, as far as the portal knows. Two queries; hubs must have
    their revision loaded. `roles`: the person's, by organisation, if already known."""
    rows, address = list(hubs), user.verified_email
    roles = dict(user.memberships.values_list("organization", "role")) if roles is None else roles
    mine = Q(user=user) | Q(email=address) if address else Q(user=user)
    listed = set(RosterEntry.objects.filter(mine, hub__in=[hub.pk for hub in rows]).values_list("hub", flat=True))
    return {
        hub.pk for hub in rows
        if hub.pk in listed or not by_portal(hub) or _admin(hub, user, address, roles.get(hub.organization_id))
    }  # fmt: skip
