"""A hub as JSON: in lists, in full, and its revisions, runs and servers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from hubs import access
from hubs.api import shapes
from hubs.hub.queries import presenters
from hubs.models import Hub


class ConditionShape(shapes.Shape):
    type = serializers.CharField()
    status = serializers.ChoiceField(["True", "False", "Unknown"])
    reason = serializers.CharField(help_text="CamelCase")
    message = serializers.CharField()
    since = serializers.DateTimeField(required=False)

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        return {name: instance[name] for name in ("type", "status", "reason", "message", "since") if name in instance}


class HubShort(shapes.Shape):
    uid = serializers.CharField()
    self = shapes.Link("api-hub", help_text="Address of this hub in the API")
    organization = serializers.SlugField(source="organization.slug")
    cluster = serializers.SlugField(source="cluster.slug", help_text="Cluster in which the hub runs")
    slug = serializers.SlugField()
    title = serializers.CharField()
    url = serializers.CharField(help_text="Address at which people open the hub; empty until it has one")
    status = serializers.ChoiceField(Hub.Status.choices)
    desiredState = serializers.ChoiceField(Hub.Desired.choices, source="desired_state")
    generation = serializers.IntegerField(help_text="Incremented by every change")
    observedGeneration = serializers.IntegerField(
        source="observed_generation",
        help_text="The generation that was applied; equal to generation if nothing is left to do",
    )
    createdAt = serializers.DateTimeField(source="created_at")
    observedAt = serializers.DateTimeField(source="observed_at", allow_null=True)
    startsOn = serializers.DateField(source="starts_on", allow_null=True)
    endsOn = serializers.DateField(source="ends_on", allow_null=True)


class HubWhole(HubShort):
    conditions = serializers.SerializerMethodField()
    revision = serializers.SerializerMethodField()
    spec = serializers.SerializerMethodField()
    paused = serializers.SerializerMethodField(help_text="Why staff paused repairs; empty if they are not paused")
    mayOpen = serializers.SerializerMethodField(
        help_text="Whether the caller is on the hub’s list or one of its admins"
    )

    def get_mayOpen(self, hub: Hub) -> bool:
        http = self.context.get("request")
        return http is not None and access.Permission.OPEN in access.may(http.user, hub)

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
    """The same for callers without permission to read its configuration, with null in those fields."""

    def _nothing(self, hub: Hub) -> None:
        return None

    get_paused = get_conditions = get_revision = get_spec = _nothing


class RevisionShort(shapes.Shape):
    number = serializers.IntegerField()
    message = serializers.CharField()
    author = serializers.CharField(source="author.username")
    createdAt = serializers.DateTimeField(source="created_at")
    request = shapes.of("request.uid")


class RevisionWhole(RevisionShort):
    spec = serializers.JSONField(source="data")


class StepShape(shapes.Shape):
    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    attempts = serializers.IntegerField()
    message = serializers.CharField()
    startedAt = serializers.DateTimeField(source="started_at")
    finishedAt = serializers.DateTimeField(source="finished_at", allow_null=True)


class RunShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    kind = serializers.CharField()
    generation = serializers.IntegerField()
    result = serializers.CharField()
    note = serializers.CharField()
    message = serializers.CharField()
    startedAt = serializers.DateTimeField(source="started_at")
    finishedAt = serializers.DateTimeField(source="finished_at", allow_null=True)
    request = shapes.of("request.uid", help_text="uid of the request that this run applies, if any")
    steps = StepShape(many=True, source="steps.all")


class ServerShape(shapes.Shape):
    user = serializers.CharField()
    name = serializers.CharField(allow_blank=True, help_text="Empty for a person's default server")
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
