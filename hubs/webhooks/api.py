"""Webhooks of organisations and of staff, and their deliveries."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, does, tag_of
from hubs.models import Delivery, Scope, Webhook

from .queries import CHOICES
from .services import webhooks as services

TYPES = serializers.ListField(
    child=serializers.ChoiceField([(kind, kind) for kind in CHOICES]),
    min_length=1,
    help_text="Events of docs/webhooks.md; “*” is all events, including new ones added later",
)


class WebhookShape(shapes.Shape):
    uid = serializers.UUIDField()
    self = shapes.Link("api-webhook", help_text="Address of this webhook in the API")
    organization = serializers.SlugField(source="organization.slug", allow_null=True, default=None)
    url = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    types = serializers.ListField(child=serializers.CharField())
    paused = serializers.SerializerMethodField(help_text="Nothing is sent, and new events are queued")
    pausedAt = serializers.DateTimeField(source="paused_at", allow_null=True)
    pausedWhy = serializers.CharField(source="paused_why", allow_blank=True)
    failingSince = serializers.DateTimeField(
        source="failing_since",
        allow_null=True,
        help_text="No delivery has succeeded since; after two days the webhook is paused",
    )
    waiting = serializers.IntegerField(help_text="Pending deliveries")
    failed = serializers.IntegerField(help_text="Stored deliveries that were given up")
    createdBy = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    createdAt = serializers.DateTimeField(source="created_at")

    def get_paused(self, row: Webhook) -> bool:
        return row.paused_at is not None


class NewWebhookShape(WebhookShape):
    secret = serializers.CharField(
        allow_null=True,
        help_text="Shown once: `whsec_…`, to verify deliveries with; null when the response is replayed",
    )


class NewWebhook(serializers.Serializer):
    organization = serializers.SlugField(
        required=False, help_text="Staff may leave it out for events of all organisations"
    )
    url = serializers.CharField(max_length=services.LONGEST_URL)
    description = serializers.CharField(
        max_length=services.LONGEST_DESCRIPTION, required=False, allow_blank=True, default=""
    )
    types = TYPES


class WebhookChanges(serializers.Serializer):
    url = serializers.CharField(max_length=services.LONGEST_URL, required=False)
    description = serializers.CharField(max_length=services.LONGEST_DESCRIPTION, required=False, allow_blank=True)
    types = serializers.ListField(child=serializers.ChoiceField(CHOICES), min_length=1, required=False)


class AttemptShape(shapes.Shape):
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True, help_text="Response status; null if there was no response")
    seconds = serializers.FloatField()
    problem = serializers.CharField(allow_blank=True)

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        return {**instance, "at": instance["at"].replace("+00:00", "Z")}


class DeliveryShort(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    event = serializers.UUIDField(help_text="The header webhook-id, the same for each attempt")
    type = serializers.CharField()
    subject = serializers.CharField()
    state = serializers.ChoiceField(Delivery.State.choices)
    createdAt = serializers.DateTimeField(source="made_at")
    nextAt = serializers.SerializerMethodField(help_text="Next attempt; null if there is none")
    doneAt = serializers.DateTimeField(source="done_at", allow_null=True)
    tries = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True, help_text="Status of the last response; null if there was none")
    problem = serializers.CharField(allow_blank=True)

    def get_nextAt(self, row: Delivery) -> str | None:
        waits = row.state == Delivery.State.WAITING
        return row.due_at.isoformat().replace("+00:00", "Z") if waits else None


class DeliveryWhole(DeliveryShort):
    answer = serializers.CharField(allow_blank=True, help_text="The beginning of the last response")
    seconds = serializers.FloatField(allow_null=True, help_text="Duration of the last attempt")
    attempts = AttemptShape(many=True, help_text="The last attempts, oldest first")
    body = serializers.CharField(help_text="The body that is sent, byte for byte")


class FailedSince(serializers.Serializer):
    since = serializers.DateTimeField(required=False, help_text="Leave out for all stored deliveries")


class SentAgain(shapes.Shape):
    count = serializers.IntegerField(help_text="How many are sent again")


class Narrowed(serializers.Serializer):
    state = filters.some_of(Delivery.State.choices, help_text="State of the delivery")
    type = filters.word(help_text="Event type")


class Whose(serializers.Serializer):
    organization = filters.word(help_text="Slug of the organisation")


def _tag(row: Webhook) -> str:
    return tag_of(row.url, row.description, row.types, row.paused_at)


def _counted(row: Webhook) -> Webhook:
    return Webhook.objects.select_related("organization", "created_by").with_counts().get(pk=row.pk)


def _with_secret(view: Endpoint, made: tuple[Webhook, str]) -> Response:
    row = _counted(made[0])
    row.secret = made[1]
    response = view.one(row, NewWebhookShape, status=201, tag=_tag(row))
    response["Location"] = response.data["self"]
    return response


class Webhooks(Endpoint):
    @does(Scope.ADMINISTER, pages=WebhookShape, parameters=[Whose], order=("-pk",))
    def get(self, request: SignedIn) -> Any:
        """The webhooks that the caller manages; staff see all."""
        asked = filters.chosen(request, Whose)
        rows = access.runs_webhooks_of(request.user)
        if asked["organization"]:
            rows = rows.filter(organization__slug=asked["organization"])
        return rows.select_related("organization", "created_by").with_counts()

    @does(Scope.ADMINISTER, reads=NewWebhook, makes=NewWebhookShape)
    def post(self, request: SignedIn) -> Response:
        """Create a webhook that sends new events to an address. The secret is only shown once."""
        said = self.read(NewWebhook)
        slug = said.pop("organization", "")
        place = access.organization(request.user, slug, Permission.WEBHOOKS) if slug else None
        if place is None:
            access.staff(request.user)
        return _with_secret(self, services.create(organization=place, by=request.user, **said))


class OneWebhook(Endpoint):
    @does(Scope.ADMINISTER, gives=WebhookShape, tag=_tag)
    def get(self, request: SignedIn, webhook: UUID) -> Webhook:
        """One webhook. Its secret is not shown again."""
        return _counted(access.webhook(request.user, webhook))

    @does(Scope.ADMINISTER, reads=WebhookChanges, gives=WebhookShape, tag=_tag)
    def patch(self, request: SignedIn, webhook: UUID) -> Webhook:
        """Change the address, description or events. Pending deliveries go to the new address. Requires If-Match."""
        row = access.webhook(request.user, webhook)
        self.check_match(_tag(row))
        said = {"url": row.url, "description": row.description, "types": row.types, **self.read(WebhookChanges)}
        return _counted(services.change(webhook=row, by=request.user, **said))

    @does(Scope.ADMINISTER)
    def delete(self, request: SignedIn, webhook: UUID) -> None:
        """Remove a webhook, with its pending and stored deliveries."""
        row = access.webhook(request.user, webhook)
        services.remove(webhook=row, by=request.user, typed=row.host)


class RotateSecret(Endpoint):
    @does(Scope.ADMINISTER, makes=NewWebhookShape)
    def post(self, request: SignedIn, webhook: UUID) -> Response:
        """Create a new secret, shown once. For a day, deliveries are also signed with the old one."""
        row = access.webhook(request.user, webhook)
        return _with_secret(self, services.rotate(webhook=row, by=request.user))


class TestWebhook(Endpoint):
    @does(Scope.ADMINISTER, makes=DeliveryWhole)
    def post(self, request: SignedIn, webhook: UUID) -> Any:
        """Send `webhook.test` now. Get the delivery to see the response."""
        row = access.webhook(request.user, webhook)
        return services.test(webhook=row, by=request.user)


class PauseWebhook(Endpoint):
    @does(Scope.ADMINISTER, gives=WebhookShape, tag=_tag)
    def post(self, request: SignedIn, webhook: UUID) -> Webhook:
        """Pause deliveries until the webhook is resumed. New events are queued."""
        return _counted(services.pause(webhook=access.webhook(request.user, webhook), by=request.user))


class ResumeWebhook(Endpoint):
    @does(Scope.ADMINISTER, gives=WebhookShape, tag=_tag)
    def post(self, request: SignedIn, webhook: UUID) -> Webhook:
        """Resume deliveries. Queued events are sent now."""
        return _counted(services.resume(webhook=access.webhook(request.user, webhook), by=request.user))


class ResendFailed(Endpoint):
    @does(Scope.ADMINISTER, reads=FailedSince, gives=SentAgain)
    def post(self, request: SignedIn, webhook: UUID) -> Any:
        """Resend all deliveries that were given up, each with its own id."""
        row = access.webhook(request.user, webhook)
        found = services.resend_failed(webhook=row, by=request.user, since=self.read(FailedSince).get("since"))
        return {"count": found}


class Deliveries(Endpoint):
    @does(Scope.ADMINISTER, pages=DeliveryShort, parameters=[Narrowed], order=("-pk",))
    def get(self, request: SignedIn, webhook: UUID) -> Any:
        """The deliveries of a webhook, newest first."""
        asked = filters.chosen(request, Narrowed)
        rows = access.webhook(request.user, webhook).deliveries.all()
        if asked.get("state"):
            rows = rows.filter(state__in=asked["state"])
        if asked["type"]:
            rows = rows.filter(type=asked["type"])
        return rows


class OneDelivery(Endpoint):
    @does(Scope.ADMINISTER, gives=DeliveryWhole)
    def get(self, request: SignedIn, webhook: UUID, delivery: int) -> Any:
        """One delivery: what was sent, each attempt, and the last response."""
        return access.delivery(request.user, webhook, delivery)


class ResendDelivery(Endpoint):
    @does(Scope.ADMINISTER, gives=DeliveryWhole)
    def post(self, request: SignedIn, webhook: UUID, delivery: int) -> Any:
        """Resend this delivery with the same id, whether it was delivered or not."""
        row = access.delivery(request.user, webhook, delivery)
        return services.resend(delivery=row, by=request.user)
