"""Generated secrets of one hub: when each was last rotated, and rotation. Values are never returned."""

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
    effect = serializers.CharField(help_text="Effect of a rotation on people")
    rotatedAt = serializers.DateTimeField(source="at", allow_null=True, help_text="null if it was never rotated")
    rotatedBy = serializers.CharField(source="by", allow_blank=True)
    pending = serializers.BooleanField(help_text="Whether the hub has not yet restarted with it")


class SecretRotation(serializers.Serializer):
    names = serializers.ListField(
        child=serializers.ChoiceField(choices=HubSecret.MADE), required=False, default=list(HubSecret.MADE),
        max_length=len(HubSecret.MADE), help_text="Default: all",
    )  # fmt: skip
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


class Secrets(Endpoint):
    @does(Scope.ADMINISTER, lists=HubSecretShape)
    def get(self, request: SignedIn, uid: str) -> Any:
        """List the generated secrets, with when and by whom each was last rotated."""
        hub = access.hub(request.user, uid, Permission.SECRETS)
        return rotation.made(hub)


class Rotate(Endpoint):
    @does(Scope.ADMINISTER, reads=SecretRotation, gives=HubWhole, tag=tag)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Rotate generated secrets of the hub. The hub restarts; running servers continue."""
        hub = access.hub(request.user, uid, Permission.SECRETS)
        said = self.read(SecretRotation)
        self.check_match(tag(hub), needed=False, changed=since(hub))
        return rotation.rotate(hub=hub, by=request.user, **said)
