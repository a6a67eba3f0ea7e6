import uuid
from datetime import datetime

from django.db import models
from django.utils import timezone


class EventQuerySet(models.QuerySet["Event"]):
    def waiting(self, now: datetime) -> "EventQuerySet":
        """Not yet told to anybody, and due."""
        return self.filter(told_at=None, due_at__lte=now)


class Event(models.Model):
    """Something happened that others may want to hear of: the outbox of inbox, mail and webhooks.

    Written in the transaction of what it tells of, so that neither is without the other. Without foreign keys to what
    may be deleted; kept for some weeks (webhooks.services.telling.KEPT), while the audit keeps its line for good.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True)  # the same wherever it arrives twice
    at = models.DateTimeField(default=timezone.now)
    type = models.CharField(max_length=50)  # "request.submit", "hub.ready": hubs.audit.rules.verbs
    actor = models.CharField(max_length=150, blank=True)  # user name; "" is the portal itself
    actor_name = models.CharField(max_length=150, blank=True)
    organization = models.CharField(max_length=40, blank=True)  # slug
    hub = models.CharField(max_length=20, blank=True)  # uid
    request = models.CharField(max_length=36, blank=True)  # uid of the change request
    subject = models.CharField(max_length=200)  # name of what it happened to, as it was then
    data = models.JSONField(default=dict)  # {"changes": {...}, "note": "..."}; never a secret
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
