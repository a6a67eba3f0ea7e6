"""Passwords with which an organisation's hubs fetch images."""

from django.db import transaction
from django.utils import timezone

from hubs import wake
from hubs.audit.services import audit
from hubs.errors import Invalid
from hubs.models import Cluster, Hub, Organization, RegistryLogin, User
from hubs.outbound.registry import host_of
from hubs.text.texts import storable

LONGEST = 4000  # characters: some registries give out a whole key file as a password
MOST = 50  # registries of one organisation


def check(*, host: str, username: str, password: str) -> dict[str, list[str]]:
    """What is wrong, as sentences by field. The password is in none of them."""
    errors: dict[str, list[str]] = {}
    try:
        host_of(host)
    except ValueError as error:
        errors["host"] = [str(error)]
    if not username.strip() or len(username) > 200 or storable(username) or ":" in username:
        errors["username"] = ["Write the user name that the registry knows, without a colon."]
    if not password.strip():
        errors["password"] = ["Write the password or token."]
    elif len(password) > LONGEST or storable(password):
        errors["password"] = ["This cannot be used: it is too long, or has characters that cannot be kept."]
    return errors


@transaction.atomic
def set_login(*, organization: Organization, by: User, host: str, username: str, password: str) -> RegistryLogin:
    """Keep it, in place of the one that this registry had. Raises Invalid with sentences by field."""
    if errors := check(host=host, username=username, password=password):
        raise Invalid("The registry needs another look.", errors)
    name = host_of(host)
    others = organization.registry_logins.exclude(host=name)
    if others.count() >= MOST:
        raise Invalid("Too many.", {"host": [f"There are {MOST} registries already. Remove one first."]})
    values = {"username": username.strip(), "password": password, "set_by": by, "set_at": timezone.now()}
    row, new = RegistryLogin.objects.update_or_create(organization=organization, host=name, defaults=values)
    changes = {"user name": [None, row.username]} if new else {"user name": row.username, "password": "set anew"}
    audit.record("registry.set", by=by, subject=name, organization=organization, changes=changes)
    _tell_hubs(organization)
    return row


@transaction.atomic
def remove(*, login: RegistryLogin, by: User, typed: str) -> None:
    """Raises Invalid unless the host was typed."""
    if typed.strip().lower() != login.host:
        raise Invalid(f"Type {login.host} to show that you mean it.", {"typed": [f"Type {login.host}."]})
    organization = login.organization
    if RegistryLogin.objects.filter(pk=login.pk).delete()[0]:
        audit.record("registry.remove", by=by, subject=login.host, organization=organization)
        _tell_hubs(organization)


def _tell_hubs(organization: Organization) -> None:
    """Hubs that fetch with it get it at their next look, and that is now."""
    places = Cluster.objects.that_can("registries")
    hubs = Hub.objects.filter(organization=organization, cluster__in=places).alive()
    wake.look_again(hubs.values_list("pk", flat=True))
