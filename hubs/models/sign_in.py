from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.language import lazy
from hubs.models.person import User


class SignInQuerySet(models.QuerySet["SignIn"]):
    def of_person(self, person: User) -> "SignInQuerySet":
        return self.filter(person=person)

    def narrowed(self, *, person: str = "", failed: bool = False) -> "SignInQuerySet":
        """Sign-ins of people whose user name or name contains `person`, or who have this address. `failed`: only
        failed ones."""
        found = self
        if person:
            named = Q(person__username__icontains=person) | Q(person__name__icontains=person)
            found = found.filter(named | Q(person__email__iexact=person))
        return found.filter(worked=False) if failed else found

    def over(self, now: datetime) -> "SignInQuerySet":
        return self.filter(last_at__lt=now - timedelta(days=settings.SIGN_IN_DAYS))


class SignIn(models.Model):
    """A successful or failed sign-in. Repetitions within WINDOW are counted in the same row, and the number of rows per
    window is limited (accounts.services.sign_ins), so that password guessing can't fill the database.

    Unknown user names are not stored in any form, because people type passwords into the wrong field.
    """

    WINDOW = timedelta(hours=1)

    class How(models.TextChoices):
        PASSWORD = "password", lazy("Password")
        PROVIDER = "provider", lazy("Sign-in provider")
        HUB = "hub", lazy("Hub")
        TOKEN = "token", lazy("Token")
        DEVICE = "device", lazy("Device code")
        CHANGE = "change", lazy("Password change")
        LINK = "link", lazy("Secret link")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sign_ins")
    how = models.CharField(max_length=10, choices=How.choices)
    subject = models.CharField(max_length=120, blank=True)  # provider, uid of the hub, prefix and name of the token
    worked = models.BooleanField()
    address = models.GenericIPAddressField(null=True, unpack_ipv4=True)  # None: unknown, or several
    browser = models.CharField(max_length=60, blank=True)  # hubs.live.places.browser_family
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    count = models.PositiveIntegerField(default=1)
    window = models.DateTimeField()  # start of the window
    key = models.CharField(max_length=64, unique=True)  # SHA-256 of everything that identifies repetitions

    named: str  # set by sign_ins.named: the name of `subject`

    objects = SignInQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at", "-pk"]
        indexes = [
            models.Index(fields=["person", "-last_at"], name="sign_in_of_person"),
            models.Index(fields=["-last_at"], name="sign_in_last"),
            models.Index(fields=["window", "worked"], name="sign_in_window"),
        ]

    def __str__(self) -> str:
        return f"{self.how} {'worked' if self.worked else 'failed'} x{self.count}"


class KnownPlace(models.Model):
    """A network and a browser with which a person has signed in. Not pruned by age: the person must be notified if an
    account that was unused for a year is used from elsewhere."""

    MOST = 50  # per person; the least recently used one is deleted

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="known_places")
    network = models.CharField(max_length=50, blank=True)  # hubs.live.places.network
    browser = models.CharField(max_length=60)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "network", "browser"], name="one_known_place")]

    def __str__(self) -> str:
        return f"{self.person} from {self.network} with {self.browser}"
