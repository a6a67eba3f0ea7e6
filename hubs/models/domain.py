from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.models.hub import Hub
from hubs.models.sentence_field import SentenceField


class HubDomainQuerySet(models.QuerySet["HubDomain"]):
    def due(self, now: datetime) -> "HubDomainQuerySet":
        """Domains whose records are due for a check, the longest overdue first."""
        return self.filter(look_at__lte=now).order_by("look_at", "pk")


class HubDomain(models.Model):
    """A custom domain of one hub. A DNS record below the name proves ownership; the hub moves there once the name also
    points to it. Until then, an unproven name does not block another hub from using it."""

    PREFIX, VALUE = "_hubportal", "hubportal-verify="

    hub = models.OneToOneField(Hub, models.CASCADE, related_name="own_domain")
    name = models.CharField(max_length=253)  # as in DNS: lower case, IDNA A-labels, no trailing dot
    token = models.CharField(max_length=64)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    proven_at = models.DateTimeField(null=True)  # ownership proven: the hub answers there from then on
    points_at = models.DateTimeField(null=True)  # since when the name points to the hub
    in_use_at = models.DateTimeField(null=True)  # since when this is the hub's address
    checked_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)  # since when the record of a proven name is missing
    problem = SentenceField(blank=True)  # problems that the last check found, as sentences
    look_at = models.DateTimeField(null=True, default=timezone.now, db_index=True)  # next check; None: on demand only

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
        """The name of the DNS record that proves ownership."""
        return f"{self.PREFIX}.{self.name}"

    @property
    def record_value(self) -> str:
        return f"{self.VALUE}{self.token}"
