"""The moves of a request (hubs/requests/rules.py): its author's, and staff's."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn
from hubs.errors import Invalid
from hubs.images.queries import registries as images
from hubs.models import ChangeRequest, Scope, User
from hubs.requests.rules import EDITABLE
from hubs.requests.services import decisions
from hubs.requests.services import requests as services
from hubs.requests.services.asking import in_body

from .requests import tag


class Decision(serializers.Serializer):
    contentHash = serializers.CharField(
        max_length=64, help_text="Of the request as it was read: what was edited since is not decided"
    )
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


class Approval(Decision):
    numbers = serializers.DictField(
        child=serializers.CharField(max_length=40, allow_blank=True), required=False, default=dict,
        help_text="Approve other numbers: field path to text as in a draft, such as {\"about.heads\": \"30\"} or "
        "{\"about.ends\": \"2027-02-28\"}. They only lower what is asked for",
    )  # fmt: skip


class Sending(serializers.Serializer):
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=4000, help_text="Why; needed where staff have to decide"
    )


class _Move(Endpoint):
    """One verb of the author's."""

    scopes = {"POST": Scope.REQUEST}

    def move(self, request: SignedIn, uid: uuid.UUID, service: Any) -> Response:
        row = access.request(request.user, uid, Permission.OPERATE)
        self.check_match(tag(row), needed=False)
        try:
            service(request=row, by=request.user)
        except Invalid as error:
            raise Invalid(error.message, in_body(error.errors)) from error
        row = access.request(request.user, uid)
        return self.one(row, shapes.RequestWhole, tag=tag(row))


class Submit(_Move):
    @extend_schema(request=Sending, responses=shapes.RequestWhole)
    def post(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """Send it. What the policy finds routine is approved at once."""
        said = self.read(Sending) if request.data else {}

        def send(*, request: ChangeRequest, by: User) -> ChangeRequest:
            if said.get("reason") and request.state in EDITABLE:
                request = services.save(request=request, by=by, values={}, reason=said["reason"])
            if request.state in EDITABLE:  # before it is judged, outside its transaction
                place = request.place
                images.ask_first(request.organization, place, by, services.read(request)[0])
            return services.submit(request=request, by=by)

        return self.move(request, uid, send)


class TakeBack(_Move):
    @extend_schema(request=None, responses=shapes.RequestWhole)
    def post(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """Back to a draft, to edit it."""
        return self.move(request, uid, services.take_back)


class Withdraw(_Move):
    @extend_schema(request=None, responses=shapes.RequestWhole)
    def post(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """The requester no longer wants it."""
        return self.move(request, uid, services.withdraw)


class _Decide(Endpoint):
    """One verb of staff's."""

    scopes = {"POST": Scope.APPROVE}

    def decide(self, request: SignedIn, uid: uuid.UUID, service: Any) -> Response:
        row = access.request(request.user, uid, Permission.AGREE)
        said = self.read(Decision)
        self.check_match(tag(row), needed=False)
        service(request=row, by=request.user, seen=said["contentHash"], reason=said["reason"])
        row = access.request(request.user, uid)
        return self.one(row, shapes.RequestWhole, tag=tag(row))


class Approve(_Decide):
    @extend_schema(request=Approval, responses=shapes.RequestWhole)
    def post(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """Staff: agree to exactly what was read, or to that with some numbers lowered."""
        row = access.request(request.user, uid, Permission.AGREE)
        said = self.read(Approval)
        self.check_match(tag(row), needed=False)
        given = {"seen": said["contentHash"], "note": said["reason"], "numbers": said["numbers"]}
        try:
            decisions.approve(request=row, by=request.user, **given)
        except Invalid as error:
            told = {
                f"numbers.{path}" if path in said["numbers"] else path: words for path, words in error.errors.items()
            }
            raise Invalid(error.message, told) from error
        row = access.request(request.user, uid)
        return self.one(row, shapes.RequestWhole, tag=tag(row))


class Return(_Decide):
    @extend_schema(request=Decision, responses=shapes.RequestWhole)
    def post(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """Staff: ask for a change; needs a reason."""
        return self.decide(request, uid, decisions.send_back)


class Reject(_Decide):
    @extend_schema(request=Decision, responses=shapes.RequestWhole)
    def post(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """Staff: say no; needs a reason."""
        return self.decide(request, uid, decisions.reject)
