"""A hub whose starting point has a newer version: what differs, taking it over, or keeping the hub as it is."""

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
    """Where a hub came from, and what is new there."""

    startingPoint = serializers.CharField(allow_null=True, help_text="Its slug; null for a hub that came from none")
    version = serializers.IntegerField(allow_null=True, help_text="The hub’s own, or what it took over last")
    newer = serializers.IntegerField(allow_null=True, help_text="The version that is offered now, when it is newer")
    note = serializers.CharField(help_text="What its author says of the newer one")
    taken = shapes.DifferenceShape(many=True, help_text="What taking it over would change")
    kept = shapes.DifferenceShape(many=True, help_text="The hub’s own answers that would stay, and the newer one’s")


class Seen(serializers.Serializer):
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Number of the newer one, as read")


class Taking(Seen):
    send = serializers.BooleanField(default=False, help_text="true sends the change at once; else it is a draft")
    reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=4000, help_text="Why; needed where staff decide"
    )


class Origin(Endpoint):
    @does(Scope.READ, gives=OriginShape)
    def get(self, request: SignedIn, uid: str) -> Any:
        """Its starting point, and whether that has a newer version."""
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
        """Take it over: a change request with what the newer version has."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        said = self.read(Taking)
        row = services.begin_take_over(hub=hub, by=request.user, seen=said["version"])
        if said["reason"]:
            row = requests.save(request=row, by=request.user, values={}, reason=said["reason"])
        return sent_or_draft(request, row, send=said["send"])


class KeepAsItIs(Endpoint):
    @does(Scope.OPERATE, reads=Seen, gives=HubWhole, tag=tag)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Leave the hub as it is, and say no more about this version."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        return services.keep(hub=hub, by=request.user, seen=self.read(Seen)["version"])
