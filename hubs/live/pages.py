"""Notifications of changes as Server-Sent Events for pages. No data is sent here: the page fetches its fragments
through its own view and permission check.

A revoked permission ends the stream after `live.LONGEST` at the latest, when the browser reconnects.
"""

import uuid
from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.models import Role, RosterEntry, User

from .streams import answer

MOST = 500  # hubs per person without a membership that a stream listens to


def _hubs_of(user: User) -> frozenset[str]:
    """Return the topics of a person's hubs: everything for staff, else their organisations, requests, and hubs that
    have them on the people list."""
    if user.is_staff:
        return frozenset({"staff"})
    places = user.memberships.values_list("organization", flat=True)
    rostered = RosterEntry.objects.filter(user=user)
    if user.verified_email:
        rostered |= RosterEntry.objects.filter(email=user.verified_email)
    return frozenset(
        [f"person:{user.pk}"]
        + [f"organization:{pk}" for pk in places]
        + [f"hub:{pk}" for pk in rostered.values_list("hub", flat=True)[:MOST]]
    )


def _requests_of(user: User) -> frozenset[str]:
    if user.is_staff:
        return frozenset({"staff"})
    runs = user.memberships.filter(role__in=[Role.OWNER, Role.ADMIN]).values_list("organization", flat=True)
    return frozenset([f"person:{user.pk}"] + [f"organization:{pk}" for pk in runs])


async def _page(request: SignedIn, topics_for: Callable[[User], frozenset[str]]) -> HttpResponseBase:
    """Return the stream of a page: its own topics, and the inbox count, which every page shows."""
    return await answer(request, lambda user: topics_for(user) | {f"person:{user.pk}"})


@require_safe
async def hubs(request: SignedIn) -> HttpResponseBase:
    return await _page(request, _hubs_of)


@require_safe
async def hub(request: SignedIn, uid: str) -> HttpResponseBase:
    return await _page(request, lambda user: frozenset({f"hub:{access.hub(user, uid, Permission.ENTER).pk}"}))


@require_safe
async def requests(request: SignedIn) -> HttpResponseBase:
    return await _page(request, _requests_of)


@require_safe
async def inbox(request: SignedIn) -> HttpResponseBase:
    """The stream of pages without other topics."""
    return await _page(request, lambda user: frozenset())


@require_safe
async def request(request: SignedIn, uid: uuid.UUID) -> HttpResponseBase:
    return await _page(request, lambda user: frozenset({f"request:{access.request(user, uid).pk}"}))
