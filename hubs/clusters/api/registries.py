"""Registries of an organisation that need a password. Passwords are stored encrypted and never returned."""

from typing import Any

from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.clusters.services import registries as services
from hubs.images.queries import registries as images
from hubs.models import Scope


class RegistryShape(shapes.Shape):
    host = serializers.CharField(help_text="As in image names; Docker Hub is docker.io")
    username = serializers.CharField()
    setBy = serializers.CharField(source="set_by.username")
    setAt = serializers.DateTimeField(source="set_at")


class KeptShape(RegistryShape):
    accepted = serializers.BooleanField(allow_null=True, help_text="Whether the registry accepts it; null if unknown")
    note = serializers.CharField(allow_blank=True, help_text="Why it is unknown")


class Login(serializers.Serializer):
    username = serializers.CharField(max_length=200)
    password = serializers.CharField(max_length=services.LONGEST, trim_whitespace=False, write_only=True)


class Registries(Endpoint):
    @does(Scope.ADMINISTER, pages=RegistryShape, order=("host",))
    def get(self, request: SignedIn, slug: str) -> Any:
        """The registries with passwords, with the user name that hubs use, and since when."""
        place = access.organization(request.user, slug, Permission.REGISTRIES)
        return place.registry_logins.select_related("set_by")


class OneRegistry(Endpoint):
    @does(Scope.ADMINISTER, reads=Login, gives=KeptShape)
    def put(self, request: SignedIn, slug: str, host: str) -> Any:
        """Set or replace the user name and password for pulling images. They are tested immediately, and stored
        whatever the result. Hubs use them from now on."""
        place = access.organization(request.user, slug, Permission.REGISTRIES)
        row = services.set_login(organization=place, by=request.user, host=host, **self.read(Login))
        row.accepted, row.note = images.try_password(request.user, row)  # type: ignore[attr-defined]  # for this answer
        return row

    @does(Scope.ADMINISTER)
    def delete(self, request: SignedIn, slug: str, host: str) -> None:
        """Remove the password. Images that need it can no longer be pulled."""
        row = access.registry_host(request.user, slug, host)
        services.remove(login=row, by=request.user, typed=row.host)
