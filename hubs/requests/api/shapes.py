"""A request as JSON: as lists show it, whole, and what was said about it."""

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
    """Who acts next, in words; "" when it has ended."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="state", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        return TURN[State(value)]


class RequestShort(shapes.Shape):
    uid = serializers.UUIDField()
    self = shapes.Link("api-request", help_text="Address of this request in the API")
    kind = serializers.ChoiceField(ChangeRequest.Kind.choices)
    state = serializers.ChoiceField(STATES)
    turn = Turn(help_text="Who acts next; empty when it has ended")
    organization = serializers.SlugField(source="organization.slug")
    hub = shapes.of("hub.uid")
    slug = serializers.CharField()
    title = serializers.CharField()
    name = serializers.CharField(help_text="What lists call it: its title, or of which kind it is and since when")
    requester = serializers.CharField(source="requester.username")
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    submittedAt = serializers.DateTimeField(source="submitted_at", allow_null=True)
    decidedAt = serializers.DateTimeField(source="decided_at", allow_null=True)
    decision = serializers.CharField()


class ReturnShape(shapes.Shape):
    at = serializers.DateTimeField()
    by = shapes.of("by.username", help_text="User name; null is the portal itself")
    reason = serializers.CharField()
    differences = shapes.DifferenceShape(many=True, help_text="Of what waits now to what was returned")


class RequestWhole(RequestShort):
    reason = serializers.CharField()
    policy = serializers.JSONField(help_text="What the approval policy found")
    draft = serializers.JSONField(help_text="Field path to text, as it was typed")
    spec = serializers.JSONField(source="spec_data", help_text="What was sent")
    contentHash = serializers.CharField(source="content_hash", help_text="What an approval is bound to")
    asked = serializers.DictField(
        source="asked_data", allow_null=True, help_text="What was sent, where staff approved other numbers"
    )
    approvedOtherwise = serializers.SerializerMethodField(help_text="What staff approved otherwise than asked for")
    returned = serializers.SerializerMethodField(help_text="The last time that staff returned it; null for never")

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

    comesAlong = serializers.SerializerMethodField(help_text="People who come along with a copy, in words; or empty")

    def get_comesAlong(self, row: ChangeRequest) -> str:
        return people_along(row)


class CommentShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    author = serializers.CharField(source="author.username")
    text = serializers.CharField()
    internal = serializers.BooleanField(help_text="Among staff")
    at = serializers.DateTimeField(source="created_at")
