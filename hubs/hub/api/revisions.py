"""What a hub was: its revisions, what changed between them, and going back. What it is beside another one."""

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, once
from hubs.hub.services.going_back import go_back
from hubs.models import Hub, HubRevision, Scope
from hubs.requests.api.requests import sent_or_draft
from hubs.spec import HubSpec
from hubs.spec.diff import difference


class Revisions(Endpoint):
    scopes = {"GET": Scope.READ}

    @extend_schema(responses=shapes.RevisionShort(many=True))
    def get(self, request: SignedIn, uid: str) -> Response:
        """What it was, newest first."""
        hub = access.hub(request.user, uid)
        return self.paginated(hub.revisions.select_related("author", "request"), shapes.RevisionShort, "-number")


def _revision(hub: Hub, number: int) -> HubRevision:
    row = hub.revisions.select_related("author", "request").filter(number=number).first()
    if row is None:
        raise Http404
    return row


class OneRevision(Endpoint):
    scopes = {"GET": Scope.READ}

    @extend_schema(responses=shapes.RevisionWhole)
    def get(self, request: SignedIn, uid: str, number: int) -> Response:
        """One revision with its spec."""
        return self.one(_revision(access.hub(request.user, uid), number), shapes.RevisionWhole)


class Differences(Endpoint):
    scopes = {"GET": Scope.READ}
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(responses=shapes.DifferenceShape(many=True))
    def get(self, request: SignedIn, uid: str, number: int, other: int) -> Response:
        """What changed from one revision to the other, field by field in words."""
        hub = access.hub(request.user, uid)
        before, after = _revision(hub, number), _revision(hub, other)
        return Response(shapes.DifferenceShape(difference(before.spec, after.spec), many=True).data)


class Going(serializers.Serializer):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    send = serializers.BooleanField(default=True, help_text="false keeps it as a draft")


class Revert(Endpoint):
    scopes = {"POST": Scope.REQUEST}

    @extend_schema(request=Going, responses={201: shapes.RequestWhole})
    @once
    def post(self, request: SignedIn, uid: str, number: int) -> Response:
        """Ask to have it as it was in this revision: a change request through the same policy, sent at once unless
        `send` is false."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        revision, said = _revision(hub, number), self.read(Going)
        row = go_back(hub=hub, by=request.user, revision=revision, reason=said["reason"])
        return sent_or_draft(self, request, row, send=said["send"])


class Beside(serializers.Serializer):
    hub = filters.word(help_text="uid of another hub")
    request = serializers.UUIDField(required=False, help_text="uid of a request that was sent")

    def validate(self, data: dict) -> dict:
        if bool(data["hub"]) == ("request" in data):
            raise serializers.ValidationError({"hub": ["Name either another hub or a request."]})
        return data


class Compare(Endpoint):
    scopes = {"GET": Scope.READ}
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(
        responses=shapes.DifferenceShape(many=True),
        parameters=[
            OpenApiParameter("hub", str, description="uid of another hub"),
            OpenApiParameter("request", str, description="Or uid of a request that was sent"),
        ],
    )
    def get(self, request: SignedIn, uid: str) -> Response:
        """What is configured differently in another hub, or in what a request asks for, field by field in words."""
        hub = access.hub(request.user, uid)
        asked = filters.chosen(request, Beside)
        other = access.hub(request.user, asked["hub"]).spec if asked["hub"] else self._asked(request, asked["request"])
        return Response(shapes.DifferenceShape(difference(hub.spec, other), many=True).data)

    def _asked(self, request: SignedIn, uid: str) -> HubSpec:
        spec = access.request(request.user, uid).spec
        if spec is None:  # a draft's own page says what it comes to so far
            raise Http404
        return spec
