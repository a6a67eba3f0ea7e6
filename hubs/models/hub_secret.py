from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from hubs.crypto import EncryptedTextField
from hubs.models.hub import Hub
from hubs.spec import hub_secrets


class HubSecretQuerySet(models.QuerySet["HubSecret"]):
    def accepted(self, uid: str, name: str, now: datetime) -> list[str]:
        """Return the values of this secret that a hub may still use: the current one, and for OVERLAP after a rotation
        the previous one, because the running hub uses that one until it restarts."""
        row = self.filter(hub__uid=uid, name=name).values_list("value", "old", "set_at").first()
        value, old, at = row or (None, None, None)
        overlaps = at is not None and at > now - HubSecret.OVERLAP
        return [each for each in (value, old if overlaps else None) if each]


class HubSecret(models.Model):
    """A secret of a hub: generated (MADE), or entered by a person (named TYPED plus a path of values). `set_by` and
    `set_at`: who last entered or rotated it, and when. Stored as long as the hub exists, encrypted at rest.

    How each generated secret is rotated: hubs/requests/services/rotation.py.
    """

    TYPED, MADE = hub_secrets.TYPED, hub_secrets.MADE
    OVERLAP = timedelta(hours=1)  # a hub that has not restarted by then can no longer sign people in

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=200)
    value = EncryptedTextField()
    old = EncryptedTextField(null=True)  # previous value, still accepted: one, or two crypt_keys separated by a space
    generation = models.PositiveIntegerField(default=0)  # of the hub at the last rotation
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    set_at = models.DateTimeField(null=True)

    objects = HubSecretQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hub", "name"], name="one_secret_a_name")]

    def __str__(self) -> str:
        return f"{self.name} of {self.hub}"
