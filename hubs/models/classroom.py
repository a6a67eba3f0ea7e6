import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.language import _, lazy
from hubs.models.hub import Hub
from hubs.roster.rules.group_names import LONGEST, LONGEST_KEY


class RosterGroup(models.Model):
    """A group in a hub's people list, in the spelling first used. It exists as long as it has members."""

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="roster_groups")
    name = models.CharField(max_length=LONGEST)
    key = models.CharField(max_length=LONGEST_KEY)  # offers.group_key(name), for comparison; rules store it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hub", "key"], name="one_spelling_a_group")]
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name


class RosterEntry(models.Model):
    """A person with access to a hub, and their role: a user, or the email address of a person without an account.

    An unknown *user name* is never stored: a person who registers that name later would get access.
    """

    class Role(models.TextChoices):  # in order: the first match counts
        ADMIN = "admin", lazy("Hub admin")
        USER = "user", lazy("User")

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="roster")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="roster")
    email = models.EmailField(blank=True)  # lower case; "" if `user` is set
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.USER)
    name = models.CharField(max_length=150, blank=True)  # from a class list; only displayed, never compared
    groups = models.ManyToManyField(RosterGroup, related_name="entries", blank=True)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hub", "user"], condition=Q(user__isnull=False), name="one_entry_a_person"),
            models.UniqueConstraint(fields=["hub", "email"], condition=~Q(email=""), name="one_entry_an_address"),
            models.CheckConstraint(condition=Q(user__isnull=False) ^ ~Q(email=""), name="entry_is_person_or_address"),
        ]
        indexes = [models.Index(fields=["email"], name="roster_email")]  # finds an address's hubs
        verbose_name_plural = "roster entries"

    def __str__(self) -> str:
        return f"{self.called} in {self.hub}"

    @property
    def called(self) -> str:
        """Their user name, or the email address if they have no account yet."""
        return self.user.username if self.user else self.email

    @property
    def role_inside(self) -> str:
        """The role's label as it is written inside a sentence: lower case in English, not in German."""
        return _("hub admin") if self.role == self.Role.ADMIN else _("user")


class NamedAdmin(models.Model):
    """An email address that a hub's spec names as an admin: a copy of `signIn.adminUsers` of the current revision,
    written by hubs/requests/services/releases.py, so that a person's hubs are found by an index. User names are not
    copied, because they count for members only, who see the hub anyway. Roles are read from the spec
    (`Hub.role_of`)."""

    LONGEST = 254  # characters of an email address

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="named_admins")
    email = models.EmailField(max_length=LONGEST)  # lower case

    class Meta:
        constraints = [models.UniqueConstraint(fields=["email", "hub"], name="one_named_admin")]

    def __str__(self) -> str:
        return f"{self.email} in {self.hub}"

    @staticmethod
    def addresses(names: Iterable[str]) -> set[str]:
        """Return the names in `signIn.adminUsers` that can be email addresses."""
        return {name.lower() for name in names if "@" in name and len(name) <= NamedAdmin.LONGEST}


class ListChange(models.Model):
    """The last bulk change of a hub's people list, with what is needed to undo it."""

    hub = models.OneToOneField(Hub, models.CASCADE, related_name="last_list_change")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    added = models.JSONField(default=list)  # ids of entries
    removed = models.JSONField(default=list)  # [user id or null, address, role, name, [groups]] of each

    def __str__(self) -> str:
        return f"{len(self.added)} added to {self.hub}, {len(self.removed)} removed"


class ContentLink(models.Model):
    """A saved link for a class, which copies material into each home directory and opens it. The address is built from
    the hub's address (hubs.content.rules.links), so it stays correct when the hub's domain changes."""

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
