"""Rows as JSON. Names are camelCase where they are Kubernetes' words (observedGeneration), as in the spec; times are
RFC 3339 in UTC."""

from typing import Any, cast

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils.serializer_helpers import ReturnDict

from hubs import access
from hubs.hub.queries import presenters
from hubs.models import ChangeRequest, Hub
from hubs.requests.forms.answers import people_along, since_returned
from hubs.requests.rules import TURN, State
from hubs.spec import difference

STATES = [(one.value, one.value) for one in State]  # of requests


class Link(serializers.CharField):
    """The address of the row itself. `of` is the attribute in its path."""

    def __init__(self, name: str, of: str = "uid", **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)
        self.name, self.of = name, of

    def to_representation(self, row: Any) -> str:
        path = reverse(self.name, args=[getattr(row, self.of)])
        http = self.context.get("request")
        return cast(str, http.build_absolute_uri(path)) if http else f"{settings.PORTAL_URL}{path}"


class Turn(serializers.CharField):
    """Who acts next, in words; "" when it has ended."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="state", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        return TURN[State(value)]


class Shape(serializers.Serializer):
    """Only ever written out."""

    @property
    def data(self) -> ReturnDict:
        return super().data


class ConditionShape(Shape):
    type = serializers.CharField()
    status = serializers.ChoiceField(["True", "False", "Unknown"])
    reason = serializers.CharField(help_text="CamelCase")
    message = serializers.CharField()
    since = serializers.DateTimeField(required=False)

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        return {name: instance[name] for name in ("type", "status", "reason", "message", "since") if name in instance}


class HubShort(Shape):
    uid = serializers.CharField()
    self = Link("api-hub", help_text="Address of this hub in the API")
    organization = serializers.SlugField(source="organization.slug")
    cluster = serializers.SlugField(source="cluster.slug", help_text="Where it lives")
    slug = serializers.SlugField()
    title = serializers.CharField()
    url = serializers.CharField(help_text="Where people open it; empty before it has an address")
    status = serializers.ChoiceField(Hub.Status.choices)
    desiredState = serializers.ChoiceField(Hub.Desired.choices, source="desired_state")
    generation = serializers.IntegerField(help_text="Raised by every change")
    observedGeneration = serializers.IntegerField(
        source="observed_generation", help_text="Carried out; equal to generation when nothing is left to do"
    )
    createdAt = serializers.DateTimeField(source="created_at")
    observedAt = serializers.DateTimeField(source="observed_at", allow_null=True)
    startsOn = serializers.DateField(source="starts_on", allow_null=True)
    endsOn = serializers.DateField(source="ends_on", allow_null=True)


class HubWhole(HubShort):
    conditions = serializers.SerializerMethodField()
    revision = serializers.SerializerMethodField()
    spec = serializers.SerializerMethodField()
    paused = serializers.SerializerMethodField(help_text="Why staff keep it as it is; empty otherwise")
    mayOpen = serializers.SerializerMethodField(help_text="Is the caller on its list, or one of its admins?")

    def get_mayOpen(self, hub: Hub) -> bool:
        http = self.context.get("request")
        return http is not None and access.Permission.OPEN in access.on_hub(http.user, hub)

    def get_paused(self, hub: Hub) -> str | None:
        return hub.pause_reason

    @extend_schema_field(ConditionShape(many=True, allow_null=True))
    def get_conditions(self, hub: Hub) -> list[dict[str, Any]] | None:
        rows = [presenters.as_it_is_now(row, hub) for row in hub.conditions]
        return [dict(row) for row in ConditionShape(rows, many=True).data]

    def get_revision(self, hub: Hub) -> int | None:
        return hub.revision.number if hub.revision else None

    def get_spec(self, hub: Hub) -> dict[str, Any] | None:
        return hub.spec.model_dump(mode="json")


class HubSeen(HubWhole):
    """The same for whoever may not read its configuration: null stands there."""

    def get_paused(self, hub: Hub) -> None:
        return None

    def get_conditions(self, hub: Hub) -> None:
        return None

    def get_revision(self, hub: Hub) -> None:
        return None

    def get_spec(self, hub: Hub) -> None:
        return None


class RevisionShort(Shape):
    number = serializers.IntegerField()
    message = serializers.CharField()
    author = serializers.CharField(source="author.username")
    createdAt = serializers.DateTimeField(source="created_at")
    request = serializers.SerializerMethodField()

    def get_request(self, row: Any) -> str | None:
        return str(row.request.uid) if row.request else None


class RevisionWhole(RevisionShort):
    spec = serializers.JSONField(source="data")


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


class StepShape(Shape):
    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    attempts = serializers.IntegerField()
    message = serializers.CharField()
    startedAt = serializers.DateTimeField(source="started_at")
    finishedAt = serializers.DateTimeField(source="finished_at", allow_null=True)


class RunShape(Shape):
    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    generation = serializers.IntegerField()
    result = serializers.CharField()
    note = serializers.CharField()
    message = serializers.CharField()
    startedAt = serializers.DateTimeField(source="started_at")
    finishedAt = serializers.DateTimeField(source="finished_at", allow_null=True)
    request = serializers.SerializerMethodField(help_text="uid of the request that it carries out, if any")
    steps = StepShape(many=True, source="steps.all")

    def get_request(self, row: Any) -> str | None:
        return str(row.request.uid) if row.request else None


class ServerShape(Shape):
    user = serializers.CharField()
    name = serializers.CharField(allow_blank=True, help_text="Empty for a person's usual server")
    ready = serializers.BooleanField()
    started = serializers.CharField(allow_null=True)
    lastActivity = serializers.CharField(source="last_activity", allow_null=True)

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        return {
            "user": instance["user"],
            "name": instance.get("name", ""),
            "ready": bool(instance.get("ready")),
            "started": instance.get("started"),
            "lastActivity": instance.get("last_activity"),
        }


class RequestShort(Shape):
    uid = serializers.UUIDField()
    self = Link("api-request", help_text="Address of this request in the API")
    kind = serializers.ChoiceField(ChangeRequest.Kind.choices)
    state = serializers.ChoiceField(STATES)
    turn = Turn(help_text="Who acts next; empty when it has ended")
    organization = serializers.SlugField(source="organization.slug")
    hub = serializers.SerializerMethodField()
    slug = serializers.CharField()
    title = serializers.CharField()
    name = serializers.CharField(help_text="What lists call it: its title, or of which kind it is and since when")
    requester = serializers.CharField(source="requester.username")
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    submittedAt = serializers.DateTimeField(source="submitted_at", allow_null=True)
    decidedAt = serializers.DateTimeField(source="decided_at", allow_null=True)
    decision = serializers.CharField()

    def get_hub(self, row: ChangeRequest) -> str | None:
        return row.hub.uid if row.hub else None


class ReturnShape(Shape):
    at = serializers.DateTimeField()
    by = serializers.SerializerMethodField(help_text="User name; null is the portal itself")
    reason = serializers.CharField()
    differences = DifferenceShape(many=True, help_text="Of what waits now to what was returned")

    def get_by(self, row: dict[str, Any]) -> str | None:
        return row["by"].username if row["by"] else None


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

    @extend_schema_field(DifferenceShape(many=True))
    def get_approvedOtherwise(self, row: ChangeRequest) -> Any:
        return DifferenceShape(difference(row.asked, row.spec) if row.asked and row.spec else [], many=True).data

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


class CommentShape(Shape):
    id = serializers.IntegerField(source="pk")
    author = serializers.CharField(source="author.username")
    text = serializers.CharField()
    internal = serializers.BooleanField(help_text="Among staff")
    at = serializers.DateTimeField(source="created_at")


def first_group(row: Any) -> str:
    """What clients read that know of one group a person."""
    return next((group.name for group in row.groups.all()), "")


class EntryShape(Shape):
    id = serializers.IntegerField(source="pk")
    user = serializers.SerializerMethodField()
    email = serializers.CharField(allow_blank=True)
    name = serializers.SerializerMethodField(help_text="What they call themselves, else what a class list does")
    role = serializers.CharField()
    groups = serializers.SerializerMethodField()
    group = serializers.SerializerMethodField(help_text="Deprecated: the first of `groups`, or empty")

    def get_groups(self, row: Any) -> list[str]:
        return [group.name for group in row.groups.all()]

    def get_group(self, row: Any) -> str:
        return first_group(row)

    def get_user(self, row: Any) -> str | None:
        return row.user.username if row.user else None

    def get_name(self, row: Any) -> str:
        return row.user.display_name if row.user else row.name
