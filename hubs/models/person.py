from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from hubs.spec import addresses

if TYPE_CHECKING:
    from hubs.models.token import ApiToken


class User(AbstractUser):
    """A person. `username` is also their name in every hub, so it never changes and is never given away again; one that
    was guessed may be replaced until it is known to a hub (`guessed`).

    An e-mail address opens doors (invitations, rosters), so it counts only when somebody trustworthy vouched for it:
    `email_verified` is set by the sign-in provider's word or by an operator, never by the person.
    """

    name = models.CharField("name", max_length=150, blank=True)
    email_verified = models.BooleanField(default=False)
    # The user name: made from a name in another script, or given a number.
    guessed = models.BooleanField(default=False, db_default=False)
    # When mails may come, by the person's own clock.
    time_zone = models.CharField(max_length=60, blank=True)  # of the IANA database; "" is the portal's
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    # A service account belongs to an organisation: no person, no password, only tokens.
    service_of = models.ForeignKey("hubs.Organization", models.CASCADE, null=True, related_name="service_accounts")
    service_makers = models.ManyToManyField("self", symmetrical=False, related_name="+")  # the people who made it
    # Raised to end all sessions, also those of an account whose password is elsewhere.
    sign_outs = models.PositiveIntegerField(default=0)

    token: "ApiToken | None" = None  # with which they came, when a program speaks for them; never a column

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("username"), name="user_username_caseless")]

    def __str__(self) -> str:
        return self.display_name

    def get_session_auth_hash(self) -> str:
        """A session is over once this differs from what it was at the sign-in. Django makes it from the password; ours
        also changes with `sign_outs`, and is Django's own while that is 0."""
        return self._with_sign_outs(super().get_session_auth_hash(), settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same by each earlier key of the portal."""
        made = super().get_session_auth_fallback_hash()
        return map(self._with_sign_outs, made, settings.SECRET_KEY_FALLBACKS)

    def _with_sign_outs(self, made: str, secret: str) -> str:
        if not self.sign_outs:
            return made
        return salted_hmac("hubs.sign_outs", f"{made}{self.sign_outs}", secret=secret, algorithm="sha256").hexdigest()

    def people_behind(self) -> frozenset[int]:
        """Ids of the people who act when this account acts as it came here: the person; for a service account whoever
        made it; with a token also everybody who made that or took it over. At most two queries."""
        people = set(self.service_makers.values_list("pk", flat=True)) if self.service_of_id else {self.pk}
        if self.token:
            people.update(self.token.people.values_list("pk", flat=True))
        return frozenset(people)

    @property
    def display_name(self) -> str:
        return self.name or self.get_full_name() or self.username

    @property
    def zone(self) -> str:
        """The name of the time zone in which they read."""
        return self.time_zone or settings.READERS_TIME_ZONE

    @property
    def verified_email(self) -> str:
        """The address as lists keep it when it may open doors, else ""."""
        return addresses.kept(self.email) if self.email_verified else ""
