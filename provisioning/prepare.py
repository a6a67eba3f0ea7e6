"""What a hub needs before anything can run: an address, secrets, and its own application at the portal's sign-in.
Each is made once, found again after a crash, and given back when the hub is gone."""

import secrets

from django.conf import settings
from django.db import IntegrityError, transaction
from oauth2_provider.models import Application

from hubs.models import Cluster, Hub, HubPort, HubSecret
from provisioning import names
from provisioning.contract import Release, Target
from provisioning.errors import Refused
from provisioning.render import PortalSignIn, render_local
from provisioning.runtimes.local.probe import port_is_free

SECRETS = ("proxy_auth_token", "cookie_secret", "crypt_key", "portal_service_token", "oauth_client_secret")
PORTS = ("public", "api", "hub")


def _take_port(hub: Hub, purpose: str) -> int:
    """The lowest free port of the cluster's range; the unique row is the lock. Raises Refused when none is left."""
    cluster = hub.cluster
    taken = set(HubPort.objects.filter(cluster=cluster).values_list("number", flat=True))
    for number in range(cluster.port_from, cluster.port_to + 1):
        if number in taken or (cluster.runtime == Cluster.Runtime.LOCAL and not port_is_free(number)):
            continue
        try:
            with transaction.atomic():
                HubPort.objects.create(cluster=cluster, number=number, hub=hub, purpose=purpose)
        except IntegrityError:
            mine = HubPort.objects.filter(hub=hub, purpose=purpose).first()
            if mine:
                return mine.number
            continue
        return number
    raise Refused(f"{cluster} has no room for another hub: all its ports are taken.", "NoPortLeft")


def target(hub: Hub) -> Target:
    """The hub's address, with ports taken where it has none yet. Raises Refused."""
    ports = dict(hub.ports.values_list("purpose", "number"))
    for purpose in PORTS:
        if purpose not in ports:
            ports[purpose] = _take_port(hub, purpose)
    return Target(hub.uid, hub.slug, names.local_url(settings.LOCAL_HUB_ORIGIN, ports["public"], hub.slug), ports)


def hub_secrets(hub: Hub) -> dict[str, str]:
    """The hub's secrets, made once: 64 hex characters each."""
    known = dict(hub.secrets.values_list("name", "value"))
    lacking = [HubSecret(hub=hub, name=name, value=secrets.token_hex(32)) for name in SECRETS if name not in known]
    if lacking:
        HubSecret.objects.bulk_create(lacking, ignore_conflicts=True)  # the first to write one wins
        known = dict(hub.secrets.values_list("name", "value"))
    return known


def sign_in(hub: Hub, url: str, client_secret: str) -> PortalSignIn:
    """The hub's application at the portal's own OpenID Connect provider. Its id is the hub's uid, so there is one."""
    callback = names.oauth_callback(url)
    application = Application.objects.filter(client_id=hub.uid).first()
    if application is None:
        with transaction.atomic():
            Application.objects.create(
                client_id=hub.uid,
                client_secret=client_secret,
                name=hub.uid,
                client_type=Application.CLIENT_CONFIDENTIAL,
                authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
                skip_authorization=True,  # the hub is ours: no consent page
                algorithm=Application.RS256_ALGORITHM,
                redirect_uris=callback,
            )
    elif application.redirect_uris != callback:
        Application.objects.filter(pk=application.pk).update(redirect_uris=callback)
    portal = settings.PORTAL_URL
    return PortalSignIn(hub.uid, f"{portal}/o/authorize/", f"{portal}/o/token/", f"{portal}/o/userinfo/", portal)


def release(hub: Hub) -> Release:
    """Everything that is wanted of this hub now. Raises Refused."""
    if hub.is_retired:  # take nothing any more: it could never be given back
        return Release(Target(hub.uid, hub.slug, hub.url, dict(hub.ports.values_list("purpose", "number"))), ())
    where = target(hub)
    keys = hub_secrets(hub)
    entry = sign_in(hub, where.url, keys["oauth_client_secret"])
    return render_local(where, hub.spec, keys, entry, "suspended" if hub.desired_state == "suspended" else "running")


def forget(hub: Hub) -> None:
    """Give back what `release` took. Safe to repeat."""
    Application.objects.filter(client_id=hub.uid).delete()
    hub.ports.all().delete()
    hub.secrets.all().delete()
