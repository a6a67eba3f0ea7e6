"""Who sees which of a hub's profiles: what its own page would show a person, or somebody in a group."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.services.offers_seen import group_warnings, groups_of_person, groups_to_choose, seen
from hubs.views.hub_page import common

LONGEST = 254  # characters of a name


def _said(request: SignedIn, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:LONGEST]


@require_safe
def profiles(request: SignedIn, uid: str) -> HttpResponse:
    """As ?person=NAME, whom the hub knows by this name, as ?group=NAME, or as somebody in no group."""
    hub = access.hub(request.user, uid, Permission.CONFIGURATION)
    person, group = _said(request, "person").lower(), _said(request, "group")
    groups = groups_of_person(hub, person) if person else [group] if group else []
    context = {
        **common(hub, access.on_hub(request.user, hub), "hub-profiles"),
        "person": person,
        "group": "" if person else group,
        "groups": groups_to_choose(hub),
        "seen": seen(hub, groups),
        "warnings": group_warnings(hub.spec.singleuser.profileList, hub.spec.signIn, hub),
    }
    return render(request, "hub/profiles.html", context)
