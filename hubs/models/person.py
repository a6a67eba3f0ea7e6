from collections.abc import Iterator
from functools import cached_property
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
    """A person. `username` is also their name in every hub, so it never changes and is never reused; a generated one
    can be replaced until a hub uses it (`guessed`).

    An email address gives access (invitations, people lists), so it counts only if it is verified: `email_verified` is
    set by a trusted sign-in provider or an operator, never by the person.
    """

    name = models.CharField("name", max_length=150, blank=True)
    email_verified = models.BooleanField(default=False)
    # The user name was generated: transliterated from another script, or numbered.
    guessed = models.BooleanField(default=False, db_default=False)
    # Of pages and mails; "" is the browser's, and English in mails.
    language = models.CharField(max_length=10, blank=True, default="", db_default="")
    # Quiet hours for mails, in the person's time zone.
    time_zone = models.CharField(max_length=60, blank=True)  # name in the IANA database; "" is the portal's
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    # A service account belongs to an organisation: not a person, no password, only tokens.
    service_of = models.ForeignKey("hubs.Organization", models.CASCADE, null=True, related_name="service_accounts")
    service_makers = models.ManyToManyField("self", symmetrical=False, related_name="+")  # the people who created it
    # Raised to end all sessions, including those of accounts without a password in the portal.
    sign_outs = models.PositiveIntegerField(default=0)

    token: "ApiToken | None" = None  # of the current API request, if any; not a column

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("username"), name="user_username_caseless")]

    def __str__(self) -> str:
        return self.display_name

    def get_session_auth_hash(self) -> str:
        """Return the hash that ends a session when it changes. Django's depends on the password; this one also on
        `sign_outs`, and equals Django's while that is 0."""
        return self._with_sign_outs(super().get_session_auth_hash(), settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield the same hash for each previous secret key of the portal."""
        made = super().get_session_auth_fallback_hash()
        return map(self._with_sign_outs, made, settings.SECRET_KEY_FALLBACKS)

    def _with_sign_outs(self, made: str, secret: str) -> str:
        if not self.sign_outs:
            return made
        return salted_hmac("hubs.sign_outs", f"{made}{self.sign_outs}", secret=secret, algorithm="sha256").hexdigest()

    def people_behind(self) -> frozenset[int]:
        """Return the ids of the people responsible for this account's actions: the person; for a service account its
        creators; with a token also all people who created it or took it over. At most two queries."""
        people = set(self.service_makers.values_list("pk", flat=True)) if self.service_of_id else {self.pk}
        if self.token:
            people.update(self.token.people.values_list("pk", flat=True))
        return frozenset(people)

    @cached_property
    def runs_organization(self) -> bool:
        """Whether this person is an admin or owner of some organisation. Makes one query."""
        return self.memberships.filter(role__in=("admin", "owner")).exists()

    @property
    def display_name(self) -> str:
        return self.name or self.get_full_name() or self.username

    @property
    def zone(self) -> str:
        """The name of the person's time zone."""
        return self.time_zone or settings.READERS_TIME_ZONE

    @property
    def verified_email(self) -> str:
        """The email address, normalised as in people lists, if it is verified, else ""."""
        return addresses.kept(self.email) if self.email_verified else ""
