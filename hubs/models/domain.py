from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.models.hub import Hub


class HubDomainQuerySet(models.QuerySet["HubDomain"]):
    def due(self, now: datetime) -> "HubDomainQuerySet":
        """Names whose records should be looked at again, the longest overdue first."""
        return self.filter(look_at__lte=now).order_by("look_at", "pk")


class HubDomain(models.Model):
    """An organisation's own name for one hub. Whoever can write a record below the name has proven it; the hub moves
    there when the name also leads to it. Until then anybody may type any name, and it keeps nobody from theirs."""

    PREFIX, VALUE = "_hubportal", "hubportal-verify="

    hub = models.OneToOneField(Hub, models.CASCADE, related_name="own_domain")
    name = models.CharField(max_length=253)  # as DNS has it: small letters, IDNA A-labels, no dot at the end
    token = models.CharField(max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    proven_at = models.DateTimeField(null=True)  # the hub answers there from then on
    points_at = models.DateTimeField(null=True)  # the name was seen to lead to the hub since then
    in_use_at = models.DateTimeField(null=True)  # this is the hub's address since then
    checked_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)  # the record of a proven name is gone since then
    problem = models.TextField(blank=True)  # what the last look found wrong, as sentences
    look_at = models.DateTimeField(null=True, default=timezone.now, db_index=True)  # look again then; None: when asked

    objects = HubDomainQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(proven_at__isnull=False), name="one_hub_a_proven_name"
            ),
            models.CheckConstraint(
                condition=Q(in_use_at=None) | Q(proven_at__isnull=False), name="only_proven_names_are_used"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def record_name(self) -> str:
        """Where the proof stands."""
        return f"{self.PREFIX}.{self.name}"

    @property
    def record_value(self) -> str:
        return f"{self.VALUE}{self.token}"
