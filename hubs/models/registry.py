from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils import timezone

from hubs.crypto import EncryptedTextField
from hubs.models.organization import Organization


class RegistryLoginQuerySet(models.QuerySet["RegistryLogin"]):
    def of_hosts(self, hosts: Iterable[str] | None) -> "RegistryLoginQuerySet":
        """Logins for these registries; for all if `hosts` is None."""
        return self if hosts is None else self.filter(host__in=hosts)


class RegistryLogin(models.Model):
    """Credentials with which an organisation's hubs pull images from a private registry. The password is never shown
    again; a hub gets it as its namespace's image pull secret."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="registry_logins")
    host = models.CharField(max_length=255)  # as in image names: "docker.io", "registry.example.org:5000"
    username = models.CharField(max_length=200)
    password = EncryptedTextField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    objects = RegistryLoginQuerySet.as_manager()

    class Meta:
        ordering = ["host"]
        constraints = [models.UniqueConstraint(fields=["organization", "host"], name="one_login_a_registry")]

    def __str__(self) -> str:
        return f"{self.username} at {self.host}"
