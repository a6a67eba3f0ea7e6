"""Revisions of a hub: list, compare and restore. Comparison with another hub."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.hub.services.going_back import go_back
from hubs.language import _
from hubs.models import ChangeRequest, Hub, HubRevision, Scope
from hubs.requests.api.requests import sent_or_draft, tag
from hubs.requests.api.shapes import RequestWhole
from hubs.spec import HubSpec
from hubs.spec.diff import difference

from .shapes import RevisionShort, RevisionWhole


class Revisions(Endpoint):
    @does(Scope.READ, pages=RevisionShort, order=("-number",))
    def get(self, request: SignedIn, uid: str) -> Any:
        """List the revisions of the hub, newest first."""
        hub = access.hub(request.user, uid)
        return hub.revisions.select_related("author", "request")


def _revision(hub: Hub, number: int) -> HubRevision:
    return get_object_or_404(hub.revisions.select_related("author", "request"), number=number)


class OneRevision(Endpoint):
    @does(Scope.READ, gives=RevisionWhole)
    def get(self, request: SignedIn, uid: str, number: int) -> Any:
        """Get one revision with its spec."""
        return _revision(access.hub(request.user, uid), number)


class Differences(Endpoint):
    @does(Scope.READ, lists=shapes.DifferenceShape)
    def get(self, request: SignedIn, uid: str, number: int, other: int) -> Any:
        """List the changes from one revision to another, by field and in words."""
        hub = access.hub(request.user, uid)
        before = _revision(hub, number)
        after = before if other == number else _revision(hub, other)
        return difference(before.spec, after.spec)


class Going(serializers.Serializer):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    send = serializers.BooleanField(default=True, help_text="true sends the change; false keeps it as a draft")


class Revert(Endpoint):
    @does(Scope.REQUEST, reads=Going, makes=RequestWhole, tag=tag)
    def post(self, request: SignedIn, uid: str, number: int) -> ChangeRequest:
        """Restore this revision: creates a change request under the same policy, and sends it unless `send` is
        false."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        revision, said = _revision(hub, number), self.read(Going)
        row = go_back(hub=hub, by=request.user, revision=revision, reason=said["reason"])
        return sent_or_draft(request, row, send=said["send"])


class Beside(serializers.Serializer):
    hub = filters.word(help_text="uid of another hub")
    request = serializers.UUIDField(required=False, help_text="uid of a submitted request")

    def validate(self, data: dict) -> dict:
        if bool(data["hub"]) == ("request" in data):
            raise serializers.ValidationError({"hub": [_("Specify either another hub or a request.")]})
        return data


class Compare(Endpoint):
    @does(
        Scope.READ,
        lists=shapes.DifferenceShape,
        parameters=[
            OpenApiParameter("hub", str, description="uid of another hub"),
            OpenApiParameter("request", str, description="Or uid of a submitted request"),
        ],
    )
    def get(self, request: SignedIn, uid: str) -> Any:
        """List how the configuration differs from another hub, or from a request, by field and in words."""
        hub = access.hub(request.user, uid)
        asked = filters.chosen(request, Beside)
        other = access.hub(request.user, asked["hub"]).spec if asked["hub"] else self._asked(request, asked["request"])
        return difference(hub.spec, other)

    def _asked(self, request: SignedIn, uid: str) -> HubSpec:
        spec = access.request(request.user, uid).spec
        if spec is None:  # drafts can't be compared; their own page shows them
            raise Http404
        return spec
