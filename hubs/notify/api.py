"""What the caller is told, how they want to hear of it, and their secret calendar address."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, once, tag_of
from hubs.calendar.services import links as calendar_links
from hubs.errors import Invalid
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
    scopes = {"GET": Scope.READ}

    @extend_schema(
        responses=NotificationShape(many=True),
        parameters=[OpenApiParameter("unread", bool, description="true: only what was not read")],
    )
    def get(self, request: SignedIn) -> Response:
        """The caller's inbox, newest first."""
        rows = Notification.objects.all().visible_to(request.user)
        if request.query_params.get("unread", "").lower() in ("1", "true"):
            rows = rows.unread()
        return self.paginated(rows, NotificationShape, "-at", "-pk")


class Read(Endpoint):
    scopes = {"POST": Scope.REQUEST}

    @extend_schema(request=None, responses=NotificationShape)
    def post(self, request: SignedIn, notification: int) -> Response:
        """Mark one as read."""
        row = inbox.read(row=access.notification(request.user, notification), by=request.user)
        return self.one(row, NotificationShape)


class Until(serializers.Serializer):
    until = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The newest id that was seen")


class Done(shapes.Shape):
    read = serializers.IntegerField(help_text="How many were new")


class ReadAll(Endpoint):
    scopes = {"POST": Scope.REQUEST}

    @extend_schema(request=Until, responses=Done, operation_id="notifications_read_all")
    def post(self, request: SignedIn) -> Response:
        """Mark everything as read that was there. What came meanwhile stays."""
        return self.one({"read": inbox.read_all(by=request.user, until=self.read(Until)["until"])}, Done)


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
    scopes = {"GET": Scope.READ, "PUT": Scope.REQUEST}

    @extend_schema(responses=ChoicesShape)
    def get(self, request: SignedIn) -> Response:
        """How the caller hears of things."""
        now = _choices(request.user)
        return self.one(now, ChoicesShape, tag=tag_of(now))

    @extend_schema(request=ChoicesShape, responses=ChoicesShape)
    def put(self, request: SignedIn) -> Response:
        """Choose. Kinds that are not named stay as they are."""
        said = self.read(ChoicesShape)
        self.check_match(tag_of(_choices(request.user)), needed=False)
        when = {"quiet_from": said["quietFrom"], "quiet_until": said["quietUntil"]}
        try:
            person = notification_choices.choose(
                person=request.user, by=request.user, hows=said["kinds"], time_zone=said["timeZone"], **when
            )
        except Invalid as error:
            renamed = {PATHS.get(name, f"kinds.{name}"): words for name, words in error.errors.items()}
            raise Invalid(error.message, renamed) from None
        return self.one(now := _choices(person), ChoicesShape, tag=tag_of(now))


class AddressShape(shapes.Shape):
    secret = serializers.SerializerMethodField(
        help_text="Address for a calendar program: whoever has it sees the days. Shown once; null when the answer is "
        "replayed"
    )

    def get_secret(self, row: CalendarLink) -> str | None:
        return calendar_links.address(row)


class CalendarAddress(Endpoint):
    scopes = {
        "POST": Scope.ADMINISTER,
        "DELETE": Scope.ADMINISTER,
    }  # it lasts longer than the token, unless that is revoked

    @extend_schema(request=None, responses={201: AddressShape})
    @once
    def post(self, request: SignedIn, slug: str) -> Response:
        """Make a secret address of the organisation's calendar; one from before no longer works."""
        link = calendar_links.renew(organization=access.organization(request.user, slug), by=request.user)
        return self.one(link, AddressShape, status=201)

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, slug: str) -> Response:
        """End it."""
        calendar_links.end(organization=access.organization(request.user, slug), by=request.user)
        return Response(status=204)
