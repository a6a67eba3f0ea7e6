"""What the caller is told, how they want to hear of it, and their secret calendar address."""

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
    """To the minute, by the reader's own clock."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)


class NotificationShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    event = serializers.UUIDField(help_text="The same for everybody who is told of it, and in webhooks")
    type = serializers.CharField()
    kind = serializers.ChoiceField(list(KINDS))
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    link = serializers.SerializerMethodField(help_text="The page it leads to")
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
        parameters=[OpenApiParameter("unread", bool, description="true: only what was not read")],
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
        """Mark one as read."""
        return inbox.read(row=access.notification(request.user, notification), by=request.user)


class Until(serializers.Serializer):
    until = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The newest id that was seen")


class Done(shapes.Shape):
    read = serializers.IntegerField(help_text="How many were new")


class ReadAll(Endpoint):
    @does(Scope.REQUEST, reads=Until, gives=Done, operation_id="notifications_read_all")
    def post(self, request: SignedIn) -> Any:
        """Mark everything as read that was there. What came meanwhile stays."""
        return {"read": inbox.read_all(by=request.user, until=self.read(Until)["until"])}


class ChoicesShape(serializers.Serializer):
    """How the caller hears of each kind beside the inbox, and when mails may come."""

    kinds = serializers.DictField(
        child=serializers.ChoiceField([how.value for how in How]),
        help_text=f"For each of {', '.join(KINDS)}: now, daily or inbox",
    )
    timeZone = serializers.CharField(
        max_length=60, allow_blank=True, help_text="Such as Europe/Berlin; “” is the portal’s"
    )
    quietFrom = Clock(allow_null=True, help_text="Mails wait from then ...")
    quietUntil = Clock(allow_null=True, help_text="... until then")


def _choices(person: User) -> dict[str, Any]:
    kinds = {kind: how.value for kind, how in notification_choices.of(person).items()}
    when = {"quietFrom": person.quiet_from, "quietUntil": person.quiet_until}
    return {"kinds": kinds, "timeZone": person.time_zone, **when}


PATHS = {"time_zone": "timeZone", "quiet_from": "quietFrom", "quiet_until": "quietUntil"}


class Choices(Endpoint):
    @does(Scope.READ, gives=ChoicesShape, tag=tag_of)
    def get(self, request: SignedIn) -> Any:
        """How the caller hears of things."""
        return _choices(request.user)

    @does(Scope.REQUEST, reads=ChoicesShape, gives=ChoicesShape, tag=tag_of)
    def put(self, request: SignedIn) -> dict[str, Any]:
        """Choose. Kinds that are not named stay as they are."""
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
        help_text="Address for a calendar program: whoever has it sees the days. Shown once; null when the answer is "
        "replayed"
    )

    def get_secret(self, row: CalendarLink) -> str | None:
        return calendar_links.address(row)


class CalendarAddress(Endpoint):
    # It lasts longer than the token, unless that is revoked: neither is for reading alone.
    @does(Scope.ADMINISTER, makes=AddressShape)
    def post(self, request: SignedIn, slug: str) -> Any:
        """Make a secret address of the organisation's calendar; one from before no longer works."""
        return calendar_links.renew(organization=access.organization(request.user, slug), by=request.user)

    @does(Scope.ADMINISTER)
    def delete(self, request: SignedIn, slug: str) -> None:
        """End it."""
        calendar_links.end(organization=access.organization(request.user, slug), by=request.user)
