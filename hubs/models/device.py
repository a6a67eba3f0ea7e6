from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from hubs.language import lazy
from hubs.models.organization import Organization


class DeviceGrantQuerySet(models.QuerySet["DeviceGrant"]):
    def waiting(self, now: datetime) -> "DeviceGrantQuerySet":
        """Grants that wait for a decision and have not expired."""
        return self.filter(state=DeviceGrant.State.WAITING, expires_at__gt=now)


class DeviceGrant(models.Model):
    """An app's request for a token (device authorisation, RFC 8628). The app shows `user_code` and keeps the device
    code, of which only the hash is stored; the token is created when the app fetches it."""

    class State(models.TextChoices):
        WAITING = "waiting", lazy("Waiting")
        ALLOWED = "allowed", lazy("Allowed")
        DENIED = "denied", lazy("Denied")
        USED = "used", lazy("Used")

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the device code
    user_code = models.CharField(max_length=8, unique=True)  # letters, without the hyphen
    client = models.CharField(max_length=40)  # of accounts.services.devices.CLIENTS
    scopes = models.JSONField(default=list)  # of Scope: as requested, then as allowed
    asked_from = models.GenericIPAddressField(null=True)
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    interval = models.PositiveSmallIntegerField()  # seconds that the app has to wait between two polls
    polled_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")  # who decided
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="+")  # bound to it
    days = models.PositiveSmallIntegerField(default=0)  # lifetime of the token

    objects = DeviceGrantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="device_expires")]

    def __str__(self) -> str:
        return self.shown_code

    @property
    def shown_code(self) -> str:
        """The code as the app and the portal show it, so that people can compare."""
        return f"{self.user_code[:4]}-{self.user_code[4:]}"
