"""The status of a hub or a request as Server-Sent Events: each event has the row as lists show it, so clients need no
further request. A row is read once per event, however many clients listen."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer

from hubs import access
from hubs.access import Permission
from hubs.api import problems
from hubs.api.signing_in import by_token
from hubs.hub.api.shapes import HubShort
from hubs.language import speaking, spoken
from hubs.models import ChangeRequest, Hub, Scope, User
from hubs.requests.api.shapes import RequestShort

from . import channel as live
from .streams import answer, let_go


class Shared:
    """One row for many streams: the first stream that gets an event reads the row in its reader's language, the others
    of this language wait for the result. A row that is read for an event is at least as new as the event."""

    MOST = 1000  # cached rows, each in one language

    def __init__(self, read: Callable[[int], str]) -> None:
        self._read = read
        self._told: OrderedDict[tuple[int, str], tuple[str, asyncio.Task[str]]] = OrderedDict()

    async def tell(self, pk: int, event_id: str, language: str = "en") -> str:
        known = self._told.get((pk, language))
        here = asyncio.get_running_loop()
        if not event_id or known is None or known[0] != event_id or known[1].get_loop() is not here:
            known = event_id, here.create_task(sync_to_async(self._in_a_thread, thread_sensitive=False)(pk, language))
            self._told[pk, language] = known
            self._told.move_to_end((pk, language))
            while len(self._told) > self.MOST:
                self._told.popitem(last=False)
        return await asyncio.shield(known[1])  # a reader that disconnects must not cancel it for others

    def _in_a_thread(self, pk: int, language: str) -> str:
        try:
            with speaking(language):
                return self._read(pk)
        finally:
            let_go()


def _event(shown: object) -> str:
    text = json.dumps(json.loads(JSONRenderer().render(shown)))  # one line
    return f"event: status\ndata: {text}\n\n"


def _hub(pk: int) -> str:
    return _event(HubShort(Hub.objects.select_related("organization", "cluster").get(pk=pk)).data)


def _request(pk: int) -> str:
    related = ("organization", "requester", "hub")
    return _event(RequestShort(ChangeRequest.objects.select_related(*related).get(pk=pk)).data)


HUBS, REQUESTS = Shared(_hub), Shared(_request)


def _problem(error: Exception) -> JsonResponse:
    said = problems.handle(error, {})
    assert said is not None  # noqa: S101 - it handles all errors that get here
    kind = "application/problem+json"
    headers = {name: value for name, value in said.headers.items() if name != "Content-Type"}
    return JsonResponse(said.data, status=said.status_code, content_type=kind, headers=headers)


def _who(request: HttpRequest) -> User:
    """Return the caller. Raise NotAuthenticated, ScopeMissing."""
    user = by_token(request) or (request.user if request.user.is_authenticated else None)
    if not isinstance(user, User):
        raise exceptions.NotAuthenticated
    if user.token and Scope.READ not in user.token.scopes:
        raise problems.ScopeMissing(Scope.READ)
    return user


async def _stream(request: HttpRequest, find: Callable[[User], int], name: str, shared: Shared) -> HttpResponseBase:
    """Return the stream of one row. `find` checks access and returns the row's primary key."""
    try:
        user = await sync_to_async(_who)(request)
        pk = await sync_to_async(find)(user)
    except (exceptions.APIException, Http404, PermissionDenied) as error:
        return _problem(error)
    ends = frozenset({live.rights_topic(user.pk), *([live.token_topic(user.token.pk)] if user.token else ())})
    topics = frozenset({f"{name}:{pk}"})
    left = (user.token.expires_at - timezone.now()).total_seconds() if user.token else live.LONGEST
    language = spoken()
    tell = lambda event_id: shared.tell(pk, event_id, language)  # noqa: E731
    return await answer(request, lambda _: topics, tell, ends, owner=user.pk, seconds=max(0.0, left))


@login_not_required
@require_safe
async def hub_events(request: HttpRequest, uid: str) -> HttpResponseBase:
    """text/event-stream; resumes after Last-Event-ID."""
    return await _stream(request, lambda user: access.hub(user, uid, Permission.ENTER).pk, "hub", HUBS)


@login_not_required
@require_safe
async def request_events(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """text/event-stream; resumes after Last-Event-ID."""
    return await _stream(request, lambda user: access.request(user, uid).pk, "request", REQUESTS)
