import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.models.hub import Hub
from hubs.roster.rules.group_names import LONGEST, LONGEST_KEY


class RosterGroup(models.Model):
    """A group of a hub's list, as it was first spelled. It exists as long as it has members."""

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="roster_groups")
    name = models.CharField(max_length=LONGEST)
    key = models.CharField(max_length=LONGEST_KEY)  # offers.group_key(name): what is compared, and what rules keep

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hub", "key"], name="one_spelling_a_group")]
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name


class RosterEntry(models.Model):
    """Who may enter a hub, as what: a person we know, or the address of somebody who has yet to come.

    An unknown *user name* is never stored: whoever took that name later would walk in.
    """

    class Role(models.TextChoices):  # in order: the first that fits counts
        ADMIN = "admin", "Hub admin"
        USER = "user", "Person"

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="roster")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="roster")
    email = models.EmailField(blank=True)  # lower case; "" when the person is known
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.USER)
    name = models.CharField(
        max_length=150, blank=True
    )  # as a class list had it; for people to read, nothing compares it
    groups = models.ManyToManyField(RosterGroup, related_name="entries", blank=True)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hub", "user"], condition=Q(user__isnull=False), name="one_entry_a_person"),
            models.UniqueConstraint(fields=["hub", "email"], condition=~Q(email=""), name="one_entry_an_address"),
            models.CheckConstraint(condition=Q(user__isnull=False) ^ ~Q(email=""), name="entry_is_person_or_address"),
        ]
        indexes = [models.Index(fields=["email"], name="roster_email")]  # in which hubs is this address?
        verbose_name_plural = "roster entries"

    def __str__(self) -> str:
        return f"{self.called} in {self.hub}"

    @property
    def called(self) -> str:
        """Their user name, or the address of somebody who has yet to come."""
        return self.user.username if self.user else self.email


class NamedAdmin(models.Model):
    """An address that a hub's spec names as its admin: a copy of `signIn.adminUsers` of the current revision, written
    by hubs/requests/services/releases.py, so that somebody's hubs are found by an index. User names are not copied:
    they count for members only, who see the hub anyway. What the hub lets somebody be is read from the spec
    (`Hub.role_of`)."""

    LONGEST = 254  # characters; what is longer is nobody's address

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="named_admins")
    email = models.EmailField(max_length=LONGEST)  # lower case

    class Meta:
        constraints = [models.UniqueConstraint(fields=["email", "hub"], name="one_named_admin")]

    def __str__(self) -> str:
        return f"{self.email} in {self.hub}"

    @staticmethod
    def addresses(names: Iterable[str]) -> set[str]:
        """Which of the names in `signIn.adminUsers` can be somebody's address."""
        return {name.lower() for name in names if "@" in name and len(name) <= NamedAdmin.LONGEST}


class ListChange(models.Model):
    """The last change of many people at once of a hub's list: what undoes it."""

    hub = models.OneToOneField(Hub, models.CASCADE, related_name="last_list_change")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    added = models.JSONField(default=list)  # ids of entries
    removed = models.JSONField(default=list)  # [user id or null, address, role, name, [groups]] of each

    def __str__(self) -> str:
        return f"{len(self.added)} added to {self.hub}, {len(self.removed)} removed"


class ContentLink(models.Model):
    """A link for the class that brings material into each home and opens it; kept under a name. The address itself is
    made from the hub's own (hubs.content.rules.links), so that it follows the hub to another name."""

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="content_links")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    repository = models.CharField(max_length=1000)
    branch = models.CharField(max_length=1000, blank=True)
    path = models.CharField(max_length=1000, blank=True)
    app = models.CharField(max_length=20, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hub", "name"], name="one_link_a_name")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
