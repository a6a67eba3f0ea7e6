import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from hubs.language import lazy
from hubs.models.cluster import Cluster
from hubs.models.person import User


class Role(models.TextChoices):
    """A person's role in an organisation, from most to fewest permissions, which are defined in access.py."""

    OWNER = "owner", lazy("Owner")
    ADMIN = "admin", lazy("Admin")
    INSTRUCTOR = "instructor", lazy("Instructor")
    MEMBER = "member", lazy("Member")

    @property
    def inside(self) -> str:
        """The label as it is written inside a sentence: lower case in English, not in German."""
        return IN_SENTENCES[self]


IN_SENTENCES = {
    Role.OWNER: lazy("owner"),
    Role.ADMIN: lazy("admin"),
    Role.INSTRUCTOR: lazy("instructor"),
    Role.MEMBER: lazy("member"),
}


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, user: User) -> "OrganizationQuerySet":
        """Staff see all organisations, others those that they are members of."""
        self = self.filter(user.token.among("pk")) if user.token else self
        return self if user.is_staff else self.filter(memberships__user=user)


class Organization(models.Model):
    """An organisation with its limits, which staff set. Within them, requests need no review."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    url = models.URLField(blank=True)
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="organizations")
    created_at = models.DateTimeField(default=timezone.now)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="organizations")

    # Name in the IANA database; "" is the portal's time zone.
    time_zone = models.CharField(max_length=60, blank=True, default="", db_default="")

    # Limits. "Per person" is per user of one hub.
    hubs = models.PositiveIntegerField("hubs", default=5)
    users_per_hub = models.PositiveIntegerField("people per hub", default=50)
    memory_per_user_mib = models.PositiveIntegerField("memory per person (MiB)", default=2048)
    cpu_per_user = models.FloatField("CPU per person (cores)", default=2)
    storage_per_user_mib = models.PositiveIntegerField("storage per person (MiB)", default=10240)
    total_memory_mib = models.PositiveBigIntegerField("total memory (MiB)", default=256 * 1024)
    # Policy: what is approved automatically within the limits.
    auto_approve = models.BooleanField("approve routine requests automatically", default=True)
    allow_temporary_users = models.BooleanField("treat hubs without sign-in as routine", default=False)
    changes = models.PositiveIntegerField(default=0, editable=False)  # see limits.lock

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["name", "id"], name="organization_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> str:
        """The name of the time zone in which its days begin and end."""
        return self.time_zone or settings.READERS_TIME_ZONE


class MembershipQuerySet(models.QuerySet["Membership"]):
    def people(self) -> "MembershipQuerySet":
        """Without service accounts, which are not listed or counted as people."""
        return self.filter(user__service_of=None)


class Membership(models.Model):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MEMBER)
    since = models.DateTimeField(default=timezone.now)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="one_membership_a_person")]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}: {self.role}"


def _token() -> str:
    return secrets.token_urlsafe(24)


def _in_two_weeks() -> datetime:
    return timezone.now() + timedelta(days=14)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self, now: datetime) -> "InvitationQuerySet":
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """A link that makes one person a member. With an email address, only the person with that verified address."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="invitations")
    token = models.CharField(max_length=64, unique=True, default=_token)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MEMBER)
    email = models.EmailField(blank=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=_in_two_weeks)
    made_with = models.ForeignKey("hubs.ApiToken", models.SET_NULL, null=True, related_name="+")  # revoked with it
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"invitation to {self.organization} as {self.role}"

    def state(self, now: datetime) -> str:
        """Return "open", "used", "withdrawn" or "expired"."""
        if self.used_at:
            return "used"
        if self.revoked_at:
            return "withdrawn"
        return "open" if self.expires_at > now else "expired"
