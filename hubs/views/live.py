""" "Something changed, look again" as Server-Sent Events. Nothing but that travels here: the page re-fetches its
fragments through its own view and permission check.

A permission that is taken away ends the news at the latest after `live.LONGEST`, when the browser asks again.
"""

import re
import uuid
from collections.abc import AsyncGenerator, Callable

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from hubs import access
from hubs import live as channel
from hubs.access import Permission, SignedIn
from hubs.models import Role, RosterEntry, User

EVENT_ID = re.compile(r"\d{1,20}-\d{1,20}")
MOST = 500  # hubs of one roster-only person that are listened to


def _hubs_of(user: User) -> frozenset[str]:
    """My hubs: everything for staff, else one's organisations, one's requests, and hubs that one may only enter."""
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


def _let_go() -> None:
    """A stream lasts for minutes; it must not keep its database connection for as long."""
    if not connection.in_atomic_block:
        connection.close()


async def _events(topics: frozenset[str], since: str) -> AsyncGenerator[str]:
    await sync_to_async(_let_go)()
    source = channel.exchange.stream(topics, since)
    try:
        async for event in source:
            yield event
    finally:
        await source.aclose()  # the page was closed: stop listening now, not when garbage is collected


async def _answer(request: SignedIn, topics_for: Callable[[User], frozenset[str]]) -> HttpResponseBase:
    """The stream of these topics; 503 while there is no live channel, and the page polls. `topics_for` runs in a
    thread and raises Http404 or PermissionDenied for whom it is not."""
    topics = await sync_to_async(lambda: topics_for(request.user))()
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(content_type="text/event-stream")
    elif not await channel.exchange.ready():
        response = HttpResponse("The live channel is away.\n", status=503, content_type="text/plain")
    else:
        since = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
        events = _events(topics, since if EVENT_ID.fullmatch(since) else "")
        response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # nginx would keep the events until it has 4 KiB of them
    return response


@require_safe
async def hubs(request: SignedIn) -> HttpResponseBase:
    return await _answer(request, _hubs_of)


@require_safe
async def hub(request: SignedIn, uid: str) -> HttpResponseBase:
    return await _answer(request, lambda user: frozenset({f"hub:{access.hub(user, uid, Permission.ENTER).pk}"}))


@require_safe
async def requests(request: SignedIn) -> HttpResponseBase:
    return await _answer(request, _requests_of)


@require_safe
async def request(request: SignedIn, uid: uuid.UUID) -> HttpResponseBase:
    return await _answer(request, lambda user: frozenset({f"request:{access.request(user, uid).pk}"}))
