"""Newer versions of a hub's starting point: differences, update, or keep the current version."""

from typing import Any

from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.hub.services import take_over as services
from hubs.models import ChangeRequest, Scope
from hubs.requests.api.requests import sent_or_draft
from hubs.requests.api.requests import tag as request_tag
from hubs.requests.api.shapes import RequestWhole
from hubs.requests.services import requests

from .hubs import tag
from .shapes import HubWhole


class OriginShape(shapes.Shape):
    """The starting point of a hub, and its newer version."""

    startingPoint = serializers.CharField(allow_null=True, help_text="Slug; null for a hub without a starting point")
    version = serializers.IntegerField(allow_null=True, help_text="The version that the hub has")
    newer = serializers.IntegerField(allow_null=True, help_text="The newest version, if it is newer than the hub’s")
    note = serializers.CharField(help_text="The author’s note on the newer version")
    taken = shapes.DifferenceShape(many=True, help_text="What the update would change")
    kept = shapes.DifferenceShape(
        many=True, help_text="Values of the hub that would stay, and those of the newer version"
    )


class Seen(serializers.Serializer):
    version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="Number of the newer version that was read"
    )


class Taking(Seen):
    send = serializers.BooleanField(default=False, help_text="true sends the change; false keeps it as a draft")
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=4000,
        help_text="Required if the change needs review by staff",
    )


class Origin(Endpoint):
    @does(Scope.READ, gives=OriginShape)
    def get(self, request: SignedIn, uid: str) -> Any:
        """Get the hub's starting point, and its newer version if there is one."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        old = services.origin(hub)
        told: dict[str, Any] = {"startingPoint": old and old.point.slug, "version": old and old.number}
        found = services.newer(hub, old) if old else None
        plan = services.plan(hub, found) if found else None
        told |= {
            "newer": found.new.number if found else None,
            "note": found.new.message if found else "",
            "taken": plan.taken if plan else (),
            "kept": plan.kept if plan else (),
        }
        return told


class TakeNewer(Endpoint):
    @does(Scope.REQUEST, reads=Taking, makes=RequestWhole, tag=request_tag)
    def post(self, request: SignedIn, uid: str) -> ChangeRequest:
        """Update to the newer version: creates a change request with its values."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        said = self.read(Taking)
        row = services.begin_take_over(hub=hub, by=request.user, seen=said["version"])
        if said["reason"]:
            row = requests.save(request=row, by=request.user, values={}, reason=said["reason"])
        return sent_or_draft(request, row, send=said["send"])


class KeepAsItIs(Endpoint):
    @does(Scope.OPERATE, reads=Seen, gives=HubWhole, tag=tag)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Keep the hub as it is and no longer offer this version."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        return services.keep(hub=hub, by=request.user, seen=self.read(Seen)["version"])
