"""Tokens as the API returns them."""

from rest_framework import serializers

from hubs.api.shapes import Shape, of
from hubs.models import Scope


class TokenShape(Shape):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="Its first characters. The portal doesn’t store the rest")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))
    organization = of("organization.slug")
    hub = of("hub.uid")
    createdAt = serializers.DateTimeField(source="created_at")
    expiresAt = serializers.DateTimeField(source="expires_at")
    usedAt = serializers.DateTimeField(source="used_at", allow_null=True)
    usedFrom = serializers.CharField(source="used_from", allow_null=True)
    revokedAt = serializers.DateTimeField(source="revoked_at", allow_null=True)


class NewTokenShape(TokenShape):
    token = serializers.CharField(
        allow_null=True, help_text="The token itself. Shown once; null when the response is replayed"
    )
