"""Registry passwords with which an organisation's hubs pull images."""

from django.db import transaction
from django.utils import timezone

from hubs import wake
from hubs.audit.services import audit
from hubs.errors import Invalid
from hubs.language import _
from hubs.models import Cluster, Hub, Organization, RegistryLogin, User
from hubs.outbound.registry import host_of
from hubs.text.texts import storable

LONGEST = 4000  # characters: some registries use a whole key file as the password
MOST = 50  # registries per organisation


def check(*, host: str, username: str, password: str) -> dict[str, list[str]]:
    """Return errors as sentences by field. They never contain the password."""
    errors: dict[str, list[str]] = {}
    try:
        host_of(host)
    except ValueError as error:
        errors["host"] = [str(error)]
    if not username.strip() or len(username) > 200 or storable(username) or ":" in username:
        errors["username"] = [_("Enter the user name for the registry, without a colon.")]
    if not password.strip():
        errors["password"] = [_("Enter the password or token.")]
    elif len(password) > LONGEST or storable(password):
        errors["password"] = [_("This password can’t be used: it is too long or has invalid characters.")]
    return errors


@transaction.atomic
def set_login(*, organization: Organization, by: User, host: str, username: str, password: str) -> RegistryLogin:
    """Save the password of a registry, replacing the previous one. Raise Invalid with sentences by field."""
    if errors := check(host=host, username=username, password=password):
        raise Invalid(_("The registry has errors."), errors)
    name = host_of(host)
    others = organization.registry_logins.exclude(host=name)
    if others.count() >= MOST:
        said = _("There are {most} registries already. Remove one first.", most=MOST)
        raise Invalid(_("Too many registries."), {"host": [said]})
    values = {"username": username.strip(), "password": password, "set_by": by, "set_at": timezone.now()}
    row, new = RegistryLogin.objects.update_or_create(organization=organization, host=name, defaults=values)
    changes = {"user name": [None, row.username]} if new else {"user name": row.username, "password": _("replaced")}
    audit.record("registry.set", by=by, subject=name, organization=organization, changes=changes)
    _tell_hubs(organization)
    return row


@transaction.atomic
def remove(*, login: RegistryLogin, by: User, typed: str) -> None:
    """Remove the password of a registry. Raise Invalid unless the host was typed."""
    if typed.strip().lower() != login.host:
        raise Invalid(_("Type {name} to confirm.", name=login.host), {"typed": [_("Type {name}.", name=login.host)]})
    organization = login.organization
    if RegistryLogin.objects.filter(pk=login.pk).delete()[0]:
        audit.record("registry.remove", by=by, subject=login.host, organization=organization)
        _tell_hubs(organization)


def _tell_hubs(organization: Organization) -> None:
    """Start a pass for the hubs that pull with this password."""
    places = Cluster.objects.that_can("registries")
    hubs = Hub.objects.filter(organization=organization, cluster__in=places).alive()
    wake.look_again(hubs.values_list("pk", flat=True))
