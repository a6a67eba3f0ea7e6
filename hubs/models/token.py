from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.language import lazy
from hubs.models.hub import Hub
from hubs.models.organization import Organization

ANSWERS_KEPT = timedelta(days=2)


class Scope(models.TextChoices):
    """What a token may be used for, within its owner's permissions. Each API endpoint requires one scope."""

    READ = "read", lazy("Read")
    REQUEST = "request", lazy("Request hubs and changes")
    OPERATE = "operate", lazy("Operate hubs: people, user limits, suspend, restart")
    APPROVE = "approve", lazy("Review requests (staff)")
    ADMINISTER = "administer", lazy("Administer organisations: people, images, webhooks (staff: also clusters)")


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def live(self, now: datetime) -> "ApiTokenQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=now)


class ApiToken(models.Model):
    """An API token. It never grants more than its owner's permissions; it is stored as a hash and shown once.

    `prefix` is the public part, by which a token is looked up and a leaked one is recognised.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=20, unique=True)
    digest = models.CharField(max_length=64)  # SHA-256 of the whole token: 190 random bits need no slow hash
    scopes = models.JSONField(default=list)  # of Scope
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="+")  # if set, bound to it
    hub = models.ForeignKey(Hub, models.CASCADE, null=True, related_name="+")  # if set, bound to it
    created_at = models.DateTimeField(default=timezone.now)
    # The person responsible: its creator, or who took it over. It is revoked when they could no longer create it.
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens_made")
    # All people who created it or took it over, and the people behind a token or account that did: they may know it.
    # People are never removed; a request made with it counts as theirs (User.people_behind).
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")  # the token that created it
    client = models.CharField(max_length=40, blank=True)  # of a device: the app that requested it; "" otherwise
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
    def scope_names(self) -> list[str]:
        """Its scopes, in words."""
        return [str(scope.label) for scope in Scope if scope in self.scopes]

    @property
    def is_device(self) -> bool:
        """Whether it was issued by device authorisation."""
        return bool(self.client)

    @property
    def bound(self) -> bool:
        """Whether it is bound to one organisation or one hub."""
        return self.organization_id is not None or self.hub_id is not None

    def reaches(self, organization_id: int, hub_id: int | None = None) -> bool:
        """Return whether it covers rows of this organisation, and of this hub of it (None: of no hub)."""
        if self.hub_id is not None:
            return self.hub_id == hub_id
        return self.organization_id in (None, organization_id)

    def among(self, organization: str = "", hub: str = "") -> Q:
        """Return `reaches` as a filter. The arguments are the names of the fields that lead to the organisation and the
        hub; "" if there is none."""
        if self.hub_id is not None:
            return Q(**{hub: self.hub_id}) if hub else Q(pk__in=[])
        if self.organization_id is not None:
            return Q(**{organization: self.organization_id}) if organization else Q(pk__in=[])
        return Q()


class StoredAnswerQuerySet(models.QuerySet["StoredAnswer"]):
    def over(self, now: datetime) -> "StoredAnswerQuerySet":
        """Answers so old that clients no longer retry the same request."""
        return self.filter(at__lt=now - ANSWERS_KEPT)


class StoredAnswer(models.Model):
    """The response to a POST with an Idempotency-Key, so that a retry has no further effect."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    asked = models.CharField(max_length=64)  # SHA-256 of path, the token's binding, and body
    status = models.PositiveSmallIntegerField(default=0)  # 0: in progress
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = StoredAnswerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="one_answer_a_key")]

    def __str__(self) -> str:
        return self.key
