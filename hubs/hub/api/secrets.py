"""The generated secrets of one hub: when each was rotated last, and to rotate them. Values are never answered."""

from typing import Any

from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.models import HubSecret, Scope
from hubs.requests.services import rotation

from .hubs import since, tag
from .shapes import HubWhole


class HubSecretShape(shapes.Shape):
    name = serializers.CharField()
    title = serializers.CharField(source="label")
    effect = serializers.CharField(help_text="What its rotation means for people")
    rotatedAt = serializers.DateTimeField(source="at", allow_null=True, help_text="null: never, since it was generated")
    rotatedBy = serializers.CharField(source="by", allow_blank=True)
    pending = serializers.BooleanField(help_text="The hub has not restarted with it yet")


class SecretRotation(serializers.Serializer):
    names = serializers.ListField(
        child=serializers.ChoiceField(choices=HubSecret.MADE), required=False, default=list(HubSecret.MADE),
        max_length=len(HubSecret.MADE), help_text="All of them, when missing",
    )  # fmt: skip
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


class Secrets(Endpoint):
    @does(Scope.ADMINISTER, lists=HubSecretShape)
    def get(self, request: SignedIn, uid: str) -> Any:
        """When each generated secret was rotated last, and by whom."""
        hub = access.hub(request.user, uid, Permission.SECRETS)
        return rotation.made(hub)


class Rotate(Endpoint):
    @does(Scope.ADMINISTER, reads=SecretRotation, gives=HubWhole, tag=tag)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Replace generated secrets of the hub. It restarts; people’s running servers continue."""
        hub = access.hub(request.user, uid, Permission.SECRETS)
        said = self.read(SecretRotation)
        self.check_match(tag(hub), needed=False, changed=since(hub))
        return rotation.rotate(hub=hub, by=request.user, **said)
