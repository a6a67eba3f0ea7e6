"""The server options (profiles) that a person, or a person in a given group, would see in the hub."""

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
    """Show the options for ?person=NAME (user name in the hub), ?group=NAME, or a person in no group. A person's groups
    are part of the hub's people list, so ?person= requires permission to read that list."""
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
