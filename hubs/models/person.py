from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower


class User(AbstractUser):
    """A person. `username` is also their name in every hub, so it never changes and is never given away again.

    An e-mail address opens doors (invitations, rosters), so it counts only when somebody trustworthy vouched for it:
    `email_verified` is set by the sign-in provider's word or by an operator, never by the person.
    """

    name = models.CharField("name", max_length=150, blank=True)
    email_verified = models.BooleanField(default=False)

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("username"), name="user_username_caseless")]

    def __str__(self):
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.name or self.get_full_name() or self.username

    @property
    def verified_email(self) -> str:
        """The address in lower case when it may open doors, else "". Some letters look like ASCII only once they are
        small (the Kelvin sign becomes a k): such an address is somebody else's."""
        small = self.email.lower()
        return small if self.email_verified and small.isascii() == self.email.isascii() else ""
