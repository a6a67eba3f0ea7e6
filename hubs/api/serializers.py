"""Rows as JSON. Names are camelCase where they are Kubernetes' words (observedGeneration), as in the spec."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from hubs.models import ChangeRequest, Hub
from hubs.spec import STARTING_POINTS
from hubs.states import TURN, State


def hub_data(hub: Hub, http: Any, *, whole: bool) -> dict[str, Any]:
    """One hub; in lists without its spec and conditions."""
    found: dict[str, Any] = {
        "uid": hub.uid,
        "self": reverse("api-hub", args=[hub.uid], request=http),
        "organization": hub.organization.slug,
        "slug": hub.slug,
        "title": hub.title,
        "url": hub.url,
        "status": hub.status,
        "desiredState": hub.desired_state,
        "generation": hub.generation,
        "observedGeneration": hub.observed_generation,
        "createdAt": hub.created_at,
        "observedAt": hub.observed_at,
    }
    if whole:
        revision = hub.revision.number if hub.revision else None
        found |= {"conditions": hub.conditions, "revision": revision, "spec": hub.spec.model_dump(mode="json")}
    return found


def request_data(row: ChangeRequest, http: Any, *, whole: bool) -> dict[str, Any]:
    """One request; in lists without its spec."""
    found: dict[str, Any] = {
        "uid": str(row.uid),
        "self": reverse("api-request", args=[row.uid], request=http),
        "kind": row.kind,
        "state": row.state,
        "turn": TURN[State(row.state)],
        "organization": row.organization.slug,
        "hub": row.hub.uid if row.hub else None,
        "slug": row.slug,
        "title": row.title,
        "requester": row.requester.username,
        "createdAt": row.created_at,
        "submittedAt": row.submitted_at,
        "decidedAt": row.decided_at,
        "decision": row.decision,
    }
    if whole:
        found |= {"reason": row.reason, "policy": row.policy, "spec": row.spec_data}
    return found


class NewRequest(serializers.Serializer):
    """Ask for a hub. `uid` is the caller's: the same one twice is the same request."""

    uid = serializers.UUIDField(required=False)
    organization = serializers.SlugField(max_length=40)
    startingPoint = serializers.ChoiceField(choices=list(STARTING_POINTS), default="class")
    slug = serializers.CharField(max_length=60, trim_whitespace=True)
    spec = serializers.DictField()
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError({name: ["There is no such field."] for name in sorted(unknown)})
        return super().to_internal_value(data)
