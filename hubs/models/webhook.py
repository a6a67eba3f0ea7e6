import uuid
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from hubs.crypto import EncryptedTextField
from hubs.language import lazy
from hubs.models.organization import Organization
from hubs.models.sentence_field import SentenceField, SentencesField

ALL = "*"  # in `types`: all events, including new ones added later


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def concerned(self, organization: str) -> "WebhookQuerySet":
        """Webhooks of this organisation (slug), and staff's."""
        return self.filter(Q(organization=None) | Q(organization__slug=organization))

    def free(self, now: datetime) -> "WebhookQuerySet":
        """Webhooks that are not leased, not paused, and not in back-off after a failure."""
        nobody = Q(leased_until=None) | Q(leased_until__lte=now)
        return self.filter(nobody, Q(quiet_until=None) | Q(quiet_until__lte=now), paused_at=None)

    def due(self, now: datetime) -> "WebhookQuerySet":
        """Free webhooks with due deliveries, the longest-waiting first."""
        waits = Delivery.objects.filter(webhook=OuterRef("pk")).due(now)
        return self.free(now).filter(Exists(waits)).order_by(F("asked_at").asc(nulls_first=True), "pk")

    def with_counts(self) -> "WebhookQuerySet":
        """`waiting` and `failed`: deliveries in these states."""

        def of(state: Delivery.State) -> Coalesce:  # one subquery each: a join would also read all delivered ones
            rows = Delivery.objects.filter(webhook=OuterRef("pk"), state=state).order_by().values("webhook")
            return Coalesce(Subquery(rows.annotate(found=Count("pk")).values("found")), 0)

        return self.annotate(waiting=of(Delivery.State.WAITING), failed=of(Delivery.State.FAILED))


class Webhook(models.Model):
    """An address that receives events: of one organisation, or, without one, of all (staff's).

    The sending worker holds a lease, taken by a conditional UPDATE, so that one worker at a time calls an address, and
    a slow receiver delays no other.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="webhooks")
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    types = models.JSONField(default=list)  # of hubs.audit.rules.verbs, or [ALL]
    secret = EncryptedTextField()  # "whsec_…"; shown once
    old_secret = EncryptedTextField(null=True)  # also signs until `old_until`
    old_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_with = models.ForeignKey(
        "hubs.ApiToken", models.SET_NULL, null=True, related_name="+"
    )  # paused when this token is revoked
    created_at = models.DateTimeField(default=timezone.now)
    paused_at = models.DateTimeField(null=True)  # nothing is sent; events wait
    paused_why = SentenceField(blank=True)  # a sentence

    failing_since = models.DateTimeField(null=True)  # the first failure since the last success
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    quiet_until = models.DateTimeField(null=True)  # back-off after a failure
    asked_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """The host name, which is safe to show: the paths of webhook addresses often contain secrets."""
        return urlsplit(self.url).hostname or "?"

    @property
    def hears_all(self) -> bool:
        return ALL in self.types

    def hears(self, kind: str) -> bool:
        return self.hears_all or kind in self.types

    def secrets(self, now: datetime) -> list[str]:
        """Return the secrets that sign now, the current one first."""
        old = [self.old_secret] if self.old_secret and self.old_until and now < self.old_until else []
        return [self.secret, *old]


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> "DeliveryQuerySet":
        return self.filter(state=Delivery.State.WAITING)

    def due(self, now: datetime) -> "DeliveryQuerySet":
        return self.waiting().filter(due_at__lte=now)

    def failed(self) -> "DeliveryQuerySet":
        return self.filter(state=Delivery.State.FAILED)


class Delivery(models.Model):
    """One event for one webhook: an outbox. The body is fixed when the event occurs, so that each attempt is the same.

    The sending worker first moves `due_at` forward with a conditional UPDATE: if it dies, the delivery is due again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", lazy("Waiting")
        SENT = "sent", lazy("Delivered")
        FAILED = "failed", lazy("Failed")

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.UUIDField()  # uid of the event; the header webhook-id, the same in each attempt
    type = models.CharField(max_length=50)
    subject = SentenceField()
    body = models.TextField()  # JSON
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    since = models.DateTimeField(null=True)  # first attempt since the event or a resend; for the deadline
    done_at = models.DateTimeField(null=True)  # delivered, or failed permanently
    # The last attempt: status of the response (None: no response), its beginning, duration, problem.
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    seconds = models.FloatField(null=True)
    problem = SentenceField(blank=True)
    attempts = SentencesField(default=list)  # the latest ones: at, status, seconds, problem

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="one_delivery_an_event")]
        indexes = [
            models.Index(fields=["webhook", "due_at"], condition=Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["made_at"], name="delivery_made"),
            models.Index(fields=["webhook", "-id"], name="delivery_newest"),
            models.Index(fields=["webhook", "state"], name="delivery_state"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event}"

    @property
    def is_due(self) -> bool:
        """Whether a worker may send it at any moment."""
        return self.due_at <= timezone.now()

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING
