"""State changes of a request (hubs/requests/rules.py), by its author and by staff."""

import uuid
from typing import Any

from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api.base import Endpoint, SignedIn, does
from hubs.api.naming import each, renamed
from hubs.images.queries import registries as images
from hubs.models import ChangeRequest, Scope, User
from hubs.requests.rules import EDITABLE
from hubs.requests.services import decisions, judged
from hubs.requests.services import requests as services
from hubs.requests.services.asking import in_body

from .requests import tag
from .shapes import RequestWhole


class Decision(serializers.Serializer):
    contentHash = serializers.CharField(
        max_length=64, help_text="Content hash of the request as you read it. 409 if it has been edited since"
    )
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


class Approval(Decision):
    numbers = serializers.DictField(
        child=serializers.CharField(max_length=40, allow_blank=True), required=False, default=dict,
        help_text="Numbers to adjust: field path to text as in a draft, such as {\"about.heads\": \"30\"} or "
        "{\"about.ends\": \"2027-02-28\"}. They can only lower what is requested",
    )  # fmt: skip


class Sending(serializers.Serializer):
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=4000,
        help_text="Reason; required if the request needs review by staff",
    )


def _move(view: Endpoint, request: SignedIn, uid: uuid.UUID, service: Any) -> ChangeRequest:
    """Apply one of the author's verbs."""
    row = access.request(request.user, uid, Permission.OPERATE)
    view.check_match(tag(row), needed=False)
    with renamed(in_body):
        service(request=row, by=request.user)
    return access.request(request.user, uid)


class Submit(Endpoint):
    @does(Scope.REQUEST, reads=Sending, gives=RequestWhole, tag=tag)
    def post(self, request: SignedIn, uid: uuid.UUID) -> ChangeRequest:
        """Send the request. Requests within the limits are approved automatically."""
        said = self.read(Sending) if request.data else {}

        def send(*, request: ChangeRequest, by: User) -> ChangeRequest:
            if said.get("reason") and request.state in EDITABLE:
                request = services.save(request=request, by=by, values={}, reason=said["reason"])
            if request.state in EDITABLE:  # before the request is assessed, outside its transaction
                place = request.place
                images.ask_first(request.organization, place, by, judged.read(request)[0])
            return services.submit(request=request, by=by)

        return _move(self, request, uid, send)


def _verb(service: Any, what: str) -> type[Endpoint]:
    """Return the endpoint of one of the author's verbs, which takes no body."""

    class Move(Endpoint):
        @does(Scope.REQUEST, gives=RequestWhole, tag=tag, description=what)
        def post(self, request: SignedIn, uid: uuid.UUID) -> ChangeRequest:
            return _move(self, request, uid, service)

    return Move


TakeBack = _verb(services.take_back, "Recall the request: it becomes a draft again and can be edited.")
Withdraw = _verb(services.withdraw, "Withdraw the request.")


class Approve(Endpoint):
    @does(Scope.APPROVE, reads=Approval, gives=RequestWhole, tag=tag)
    def post(self, request: SignedIn, uid: uuid.UUID) -> Any:
        """Staff: approve exactly what was read, optionally with some numbers lowered."""
        row = access.request(request.user, uid, Permission.AGREE)
        said = self.read(Approval)
        self.check_match(tag(row), needed=False)
        given = {"seen": said["contentHash"], "note": said["reason"], "numbers": said["numbers"]}
        with each(lambda path: f"numbers.{path}" if path in said["numbers"] else path):
            decisions.approve(request=row, by=request.user, **given)
        return access.request(request.user, uid)


def _decision(service: Any, what: str) -> type[Endpoint]:
    """Return the endpoint of one of staff's verbs."""

    class Decide(Endpoint):
        @does(Scope.APPROVE, reads=Decision, gives=RequestWhole, tag=tag, description=what)
        def post(self, request: SignedIn, uid: uuid.UUID) -> ChangeRequest:
            row = access.request(request.user, uid, Permission.AGREE)
            said = self.read(Decision)
            self.check_match(tag(row), needed=False)
            service(request=row, by=request.user, seen=said["contentHash"], reason=said["reason"])
            return access.request(request.user, uid)

    return Decide


Return = _decision(decisions.send_back, "Staff: request changes. Requires a reason.")
Reject = _decision(decisions.reject, "Staff: reject the request. Requires a reason.")
