"""Rows as JSON. Names are camelCase where they are Kubernetes' words (observedGeneration), as in the spec; times are
RFC 3339 in UTC."""

from typing import Any, cast

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers
from rest_framework.utils.serializer_helpers import ReturnDict


class Link(serializers.CharField):
    """The address of the row itself. `of` is the attribute in its path."""

    def __init__(self, name: str, of: str = "uid", **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)
        self.name, self.of = name, of

    def to_representation(self, row: Any) -> str:
        path = reverse(self.name, args=[getattr(row, self.of)])
        http = self.context.get("request")
        return cast(str, http.build_absolute_uri(path)) if http else f"{settings.PORTAL_URL}{path}"


class Shape(serializers.Serializer):
    """Only ever written out."""

    @property
    def data(self) -> ReturnDict:
        return super().data


def of(source: str, **said: Any) -> serializers.CharField:
    """What another row has, such as "hub.uid"; null where there is no such row."""
    return serializers.CharField(source=source, read_only=True, allow_null=True, **said)


class DifferenceShape(Shape):
    path = serializers.CharField(help_text="Path of the field in the spec")
    label = serializers.CharField()  # type: ignore[assignment]
    before = serializers.CharField()
    after = serializers.CharField()


class CostShape(Shape):
    """A month of a hub, about: what staff wrote as prices, and what its servers set aside."""

    currency = serializers.CharField()
    total = serializers.FloatField()
    text = serializers.CharField(help_text="As pages say it: two digits, because more would be a promise")
    parts = serializers.SerializerMethodField()

    def get_parts(self, found: Any) -> list[dict[str, Any]]:
        return [{"label": one.label, "how": one.how, "amount": one.amount} for one in found.parts]
