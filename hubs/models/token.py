from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.models.hub import Hub
from hubs.models.organization import Organization

ANSWERS_KEPT = timedelta(days=2)


class Scope(models.TextChoices):
    """What a token may do of what its person may. Each endpoint of the API demands one of them."""

    READ = "read", "Read"
    REQUEST = "request", "Request hubs and changes"
    OPERATE = "operate", "Operate hubs: people, limits, suspend, restart"
    APPROVE = "approve", "Review requests (staff)"
    ADMINISTER = "administer", "Administer organisations: people, limits, clusters"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def live(self, now: datetime) -> "ApiTokenQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=now)


class ApiToken(models.Model):
    """A key for programs. It only ever narrows what its person may; the key itself is kept as a hash and shown once.

    `prefix` is the public part, by which a token is found and by which a leaked one is recognised.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=20, unique=True)
    digest = models.CharField(max_length=64)  # SHA-256 of the whole token: 190 random bits need no slow hash
    scopes = models.JSONField(default=list)  # of Scope
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="+")  # nothing else
    hub = models.ForeignKey(Hub, models.CASCADE, null=True, related_name="+")  # nothing else
    created_at = models.DateTimeField(default=timezone.now)
    # Who answers for it: they made it, or took it over. It ends when they could no longer make it.
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens_made")
    # Everybody who made it or took it over, and the people behind a token or account that did: they may know its text.
    # Never fewer; a request made with it is a request of theirs (User.people_behind).
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")  # the token that made it
    client = models.CharField(max_length=40, blank=True)  # of a device: the program that asked for it; "" otherwise
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)  # to the minute
    used_from = models.GenericIPAddressField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"

    @property
    def is_device(self) -> bool:
        """Was it fetched by a program to which somebody typed a code?"""
        return bool(self.client)

    @property
    def bound(self) -> bool:
        """Is it for one organisation or one hub only?"""
        return self.organization_id is not None or self.hub_id is not None

    def reaches(self, organization_id: int, hub_id: int | None = None) -> bool:
        """May it touch what belongs to this organisation, and to this hub of it (None: to no hub)?"""
        if self.hub_id is not None:
            return self.hub_id == hub_id
        return self.organization_id in (None, organization_id)

    def among(self, organization: str = "", hub: str = "") -> Q:
        """The same as a filter: names of the fields that lead to the organisation and to the hub; "" where there is
        none."""
        if self.hub_id is not None:
            return Q(**{hub: self.hub_id}) if hub else Q(pk__in=[])
        if self.organization_id is not None:
            return Q(**{organization: self.organization_id}) if organization else Q(pk__in=[])
        return Q()


class StoredAnswerQuerySet(models.QuerySet["StoredAnswer"]):
    def over(self, now: datetime) -> "StoredAnswerQuerySet":
        """So old that nobody sends the same thing again because an answer was lost."""
        return self.filter(at__lt=now - ANSWERS_KEPT)


class StoredAnswer(models.Model):
    """What a POST with an Idempotency-Key was answered, so that the same one again does nothing again."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    asked = models.CharField(max_length=64)  # SHA-256 of path, the token's place, and body
    status = models.PositiveSmallIntegerField(default=0)  # 0: being worked on
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = StoredAnswerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="one_answer_a_key")]

    def __str__(self) -> str:
        return self.key
