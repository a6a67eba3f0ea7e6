import uuid
from datetime import datetime

from django.db import models
from django.utils import timezone

from hubs.models.sentence_field import SentenceField, SentencesField


class EventQuerySet(models.QuerySet["Event"]):
    def waiting(self, now: datetime) -> "EventQuerySet":
        """Events that are due and not yet dispatched."""
        return self.filter(told_at=None, due_at__lte=now)


class Event(models.Model):
    """An event for inbox, mail and webhooks: a transactional outbox.

    Written in the transaction of the change that it reports. Without foreign keys to rows that may be deleted; stored
    for some weeks (webhooks.services.telling.KEPT), while the audit log is permanent.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)  # the same in every delivery
    at = models.DateTimeField(default=timezone.now)
    type = models.CharField(max_length=50)  # "request.submit", "hub.ready": hubs.audit.rules.verbs
    actor = models.CharField(max_length=150, blank=True)  # user name; "" is the portal itself
    actor_name = models.CharField(max_length=150, blank=True)
    organization = models.CharField(max_length=40, blank=True)  # slug
    hub = models.CharField(max_length=20, blank=True)  # uid
    request = models.CharField(max_length=36, blank=True)  # uid of the change request
    subject = SentenceField()  # name of the affected object at that time
    data = SentencesField(default=dict)  # {"changes": {...}, "note": "..."}; never a secret
    request_id = models.CharField(max_length=64, blank=True)  # of the HTTP request or task that caused it

    due_at = models.DateTimeField(default=timezone.now)  # later than `at` after a consumer failed
    tries = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(told_at=None), name="event_waiting"),
            models.Index(fields=["at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"
