"""Rows as JSON. Names are camelCase as in Kubernetes (observedGeneration) and the spec; times are RFC 3339 in UTC."""

from typing import Any, cast

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers
from rest_framework.utils.serializer_helpers import ReturnDict


class Link(serializers.CharField):
    """The URL of the row itself. `of` is the attribute in its path."""

    def __init__(self, name: str, of: str = "uid", **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)
        self.name, self.of = name, of

    def to_representation(self, row: Any) -> str:
        path = reverse(self.name, args=[getattr(row, self.of)])
        http = self.context.get("request")
        return cast(str, http.build_absolute_uri(path)) if http else f"{settings.PORTAL_URL}{path}"


class Shape(serializers.Serializer):
    """A serializer for responses only."""

    @property
    def data(self) -> ReturnDict:
        return super().data


def of(source: str, **said: Any) -> serializers.CharField:
    """Return a field from a related row, such as "hub.uid"; null if there is no such row."""
    return serializers.CharField(source=source, read_only=True, allow_null=True, **said)


class DifferenceShape(Shape):
    path = serializers.CharField(help_text="Path of the field in the spec")
    label = serializers.CharField()  # type: ignore[assignment]
    before = serializers.CharField()
    after = serializers.CharField()


class CostShape(Shape):
    """The estimated monthly cost of a hub, from the prices that staff set and the resources its servers reserve."""

    currency = serializers.CharField()
    total = serializers.FloatField()
    text = serializers.CharField(help_text="As shown on pages, rounded to two digits because it is an estimate")
    parts = serializers.SerializerMethodField()

    def get_parts(self, found: Any) -> list[dict[str, Any]]:
        return [{"label": one.label, "how": one.how, "amount": one.amount} for one in found.parts]
