"""Who sees which of a hub's profiles: what its own page would show a person, or somebody in a group."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.user_limits.queries.offers import as_spelled, group_warnings, groups_of_person, groups_to_choose, seen

from .page import common

LONGEST = 254  # characters of a name


def _said(request: SignedIn, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:LONGEST]


@require_safe
def profiles(request: SignedIn, uid: str) -> HttpResponse:
    """As ?person=NAME, whom the hub knows by this name, as ?group=NAME, or as somebody in no group. Who is in which
    group stands on the hub's list, so a person is looked up by whoever may read that."""
    person, group = _said(request, "person").lower(), _said(request, "group")
    hub = access.hub(request.user, uid, Permission.OPERATE if person else Permission.CONFIGURATION)
    may = access.may(request.user, hub)
    known = groups_to_choose(hub, of_list=Permission.OPERATE in may)
    group = "" if person else as_spelled(group, known)
    groups = groups_of_person(hub, person) if person else [group] if group else []
    context = {
        **common(hub, may, "hub-profiles"),
        "person": person,
        "group": group,
        "groups": known,
        "seen": seen(hub, groups),
        "warnings": group_warnings(hub.spec.singleuser.profileList, hub.spec.signIn, hub),
    }
    return render(request, "hub/profiles.html", context)
