"""A request as JSON: short for lists, complete, and its comments."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hubs.api import shapes
from hubs.models import ChangeRequest
from hubs.requests.forms.answers import people_along, since_returned
from hubs.requests.rules import TURN, State
from hubs.spec import difference

STATES = [(one.value, one.value) for one in State]


class Turn(serializers.CharField):
    """Who acts next, in words; "" if the request has ended."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="state", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        return TURN[State(value)]


class RequestShort(shapes.Shape):
    uid = serializers.UUIDField()
    self = shapes.Link("api-request", help_text="Address of this request in the API")
    kind = serializers.ChoiceField(ChangeRequest.Kind.choices)
    state = serializers.ChoiceField(STATES)
    turn = Turn(help_text="Who acts next; empty if it has ended")
    organization = serializers.SlugField(source="organization.slug")
    hub = shapes.of("hub.uid")
    slug = serializers.CharField()
    title = serializers.CharField()
    name = serializers.CharField(help_text="Name in lists: its title, or else its type and when it was started")
    requester = serializers.CharField(source="requester.username")
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    submittedAt = serializers.DateTimeField(source="submitted_at", allow_null=True)
    decidedAt = serializers.DateTimeField(source="decided_at", allow_null=True)
    decision = serializers.CharField()


class ReturnShape(shapes.Shape):
    at = serializers.DateTimeField()
    by = shapes.of("by.username", help_text="User name; null for the portal itself")
    reason = serializers.CharField()
    differences = shapes.DifferenceShape(many=True, help_text="From the returned version to the current one")


class RequestWhole(RequestShort):
    reason = serializers.CharField()
    policy = serializers.JSONField(help_text="What the approval policy found")
    draft = serializers.JSONField(help_text="Field path to text, as typed")
    spec = serializers.JSONField(source="spec_data", help_text="What was sent")
    contentHash = serializers.CharField(source="content_hash", help_text="What an approval refers to")
    asked = serializers.DictField(
        source="asked_data", allow_null=True, help_text="What was sent, if staff approved adjusted numbers"
    )
    approvedOtherwise = serializers.SerializerMethodField(help_text="Numbers that staff adjusted when approving")
    returned = serializers.SerializerMethodField(help_text="The last time that changes were requested; null for never")

    @extend_schema_field(shapes.DifferenceShape(many=True))
    def get_approvedOtherwise(self, row: ChangeRequest) -> Any:
        return shapes.DifferenceShape(difference(row.asked, row.spec) if row.asked and row.spec else [], many=True).data

    @extend_schema_field(ReturnShape(allow_null=True))
    def get_returned(self, row: ChangeRequest) -> Any:
        last = row.returns.select_related("by").last()
        if last is None:
            return None
        changed = since_returned(row, last) if row.state == State.SUBMITTED else []
        return ReturnShape({"at": last.at, "by": last.by, "reason": last.reason, "differences": changed}).data

    comesAlong = serializers.SerializerMethodField(help_text="People copied with the hub, in words; or empty")

    def get_comesAlong(self, row: ChangeRequest) -> str:
        return people_along(row)


class CommentShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    author = serializers.CharField(source="author.username")
    text = serializers.CharField()
    internal = serializers.BooleanField(help_text="Visible to staff only")
    at = serializers.DateTimeField(source="created_at")
