"""The moves of a request (hubs/states.py): its author's, and staff's."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn
from hubs.api.requests import tag
from hubs.errors import Invalid
from hubs.models import Scope
from hubs.services import decisions
from hubs.services import requests as services
from hubs.services.asking import in_body


class Decision(serializers.Serializer):
    contentHash = serializers.CharField(
        max_length=64, help_text="Of the request as it was read: what was edited since is not decided"
    )
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


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
    @extend_schema(request=None, responses=shapes.RequestWhole)
    def post(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """Send it. What the policy finds routine is approved at once."""
        return self.move(request, uid, services.submit)


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

    def decide(self, request: SignedIn, uid: uuid.UUID, service: Any, word: str = "reason") -> Response:
        row = access.request(request.user, uid, Permission.AGREE)
        said = self.read(Decision)
        self.check_match(tag(row), needed=False)
        service(request=row, by=request.user, seen=said["contentHash"], **{word: said["reason"]})
        row = access.request(request.user, uid)
        return self.one(row, shapes.RequestWhole, tag=tag(row))


class Approve(_Decide):
    @extend_schema(request=Decision, responses=shapes.RequestWhole)
    def post(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """Staff: agree to exactly what was read."""
        return self.decide(request, uid, decisions.approve, "note")


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
