"""The time zone of an organisation, in which the days of its hubs begin and end."""

from typing import Any

from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api.base import Endpoint, SignedIn, does
from hubs.api.naming import named_as
from hubs.models import Organization, Scope
from hubs.organizations import services


class TimeZoneShape(serializers.Serializer):
    timeZone = serializers.CharField(
        source="time_zone",
        max_length=60,
        allow_blank=True,
        help_text="Such as Europe/Berlin; empty for the portal’s time zone",
    )
    inForce = serializers.CharField(source="zone", read_only=True, help_text="The time zone in effect")


class TimeZone(Endpoint):
    @does(Scope.READ, gives=TimeZoneShape)
    def get(self, request: SignedIn, slug: str) -> Any:
        """The time zone in which the days of its hubs begin and end at midnight."""
        return access.organization(request.user, slug)

    @does(Scope.ADMINISTER, reads=TimeZoneShape, gives=TimeZoneShape)
    def put(self, request: SignedIn, slug: str) -> Any:
        """Change the time zone."""
        row: Organization = access.organization(request.user, slug, Permission.SETTINGS)
        said = self.read(TimeZoneShape)
        with named_as(TimeZoneShape):
            row = services.change_time_zone(organization=row, by=request.user, time_zone=said["time_zone"])
        return row
