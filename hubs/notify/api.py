"""The caller's notifications, notification settings, and secret calendar address."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers

from hubs import access
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does, tag_of
from hubs.api.naming import each
from hubs.calendar.services import links as calendar_links
from hubs.models import CalendarLink, Notification, Scope, User
from hubs.notify.rules.audience import KINDS, How

from .services import choices as notification_choices
from .services import inbox


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["20:00"]})
class Clock(serializers.TimeField):
    """A time to the minute, in the reader's time zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)


class NotificationShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    event = serializers.UUIDField(help_text="The same for everyone who is notified, and in webhooks")
    type = serializers.CharField()
    kind = serializers.ChoiceField(list(KINDS))
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    link = serializers.SerializerMethodField(help_text="The page it links to")
    organization = serializers.CharField(allow_blank=True)
    hub = serializers.CharField(allow_blank=True)
    request = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    readAt = serializers.DateTimeField(source="read_at", allow_null=True)

    def get_link(self, row: Notification) -> str:
        return str(self.context["request"].build_absolute_uri(row.link))


class Notifications(Endpoint):
    @does(
        Scope.READ,
        pages=NotificationShape,
        parameters=[OpenApiParameter("unread", bool, description="true: only unread notifications")],
        order=("-at", "-pk"),
    )
    def get(self, request: SignedIn) -> Any:
        """The caller's inbox, newest first."""
        rows = Notification.objects.all().visible_to(request.user)
        if request.query_params.get("unread", "").lower() in ("1", "true"):
            rows = rows.unread()
        return rows


class Read(Endpoint):
    @does(Scope.REQUEST, gives=NotificationShape)
    def post(self, request: SignedIn, notification: int) -> Any:
        """Mark a notification as read."""
        return inbox.read(row=access.notification(request.user, notification), by=request.user)


class Until(serializers.Serializer):
    until = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The newest id that was seen")


class Done(shapes.Shape):
    read = serializers.IntegerField(help_text="How many were unread")


class ReadAll(Endpoint):
    @does(Scope.REQUEST, reads=Until, gives=Done, operation_id="notifications_read_all")
    def post(self, request: SignedIn) -> Any:
        """Mark everything up to an id as read. Newer notifications stay unread."""
        return {"read": inbox.read_all(by=request.user, until=self.read(Until)["until"])}


class ChoicesShape(serializers.Serializer):
    """How the caller is notified of each kind, in addition to the inbox, and when emails may be sent."""

    kinds = serializers.DictField(
        child=serializers.ChoiceField([how.value for how in How]),
        help_text=f"For each of {', '.join(KINDS)}: now, daily or inbox",
    )
    timeZone = serializers.CharField(
        max_length=60, allow_blank=True, help_text="For example Europe/Berlin; “” is the portal’s"
    )
    quietFrom = Clock(allow_null=True, help_text="Start of quiet hours, in which no emails are sent")
    quietUntil = Clock(allow_null=True, help_text="End of quiet hours")


def _choices(person: User) -> dict[str, Any]:
    kinds = {kind: how.value for kind, how in notification_choices.of(person).items()}
    when = {"quietFrom": person.quiet_from, "quietUntil": person.quiet_until}
    return {"kinds": kinds, "timeZone": person.time_zone, **when}


PATHS = {"time_zone": "timeZone", "quiet_from": "quietFrom", "quiet_until": "quietUntil"}


class Choices(Endpoint):
    @does(Scope.READ, gives=ChoicesShape, tag=tag_of)
    def get(self, request: SignedIn) -> Any:
        """The caller’s notification settings."""
        return _choices(request.user)

    @does(Scope.REQUEST, reads=ChoicesShape, gives=ChoicesShape, tag=tag_of)
    def put(self, request: SignedIn) -> dict[str, Any]:
        """Change the notification settings. Kinds that are left out stay as they are."""
        said = self.read(ChoicesShape)
        self.check_match(tag_of(_choices(request.user)), needed=False)
        when = {"quiet_from": said["quietFrom"], "quiet_until": said["quietUntil"]}
        with each(lambda name: PATHS.get(name, f"kinds.{name}")):
            person = notification_choices.choose(
                person=request.user, by=request.user, hows=said["kinds"], time_zone=said["timeZone"], **when
            )
        return _choices(person)


class AddressShape(shapes.Shape):
    secret = serializers.SerializerMethodField(
        allow_null=True,
        help_text="Address for a calendar app: everyone who has it can see the dates. Shown once; null when the "
        "response is replayed",
    )

    def get_secret(self, row: CalendarLink) -> str | None:
        return calendar_links.address(row)


class CalendarAddress(Endpoint):
    # The address outlives the token, unless that is revoked: a read-only token must not create or end one.
    @does(Scope.ADMINISTER, makes=AddressShape)
    def post(self, request: SignedIn, slug: str) -> Any:
        """Create a secret address for the organisation's calendar. A previous one stops working."""
        return calendar_links.renew(organization=access.organization(request.user, slug), by=request.user)

    @does(Scope.ADMINISTER)
    def delete(self, request: SignedIn, slug: str) -> None:
        """Revoke the secret calendar address."""
        calendar_links.end(organization=access.organization(request.user, slug), by=request.user)
