"""Prerequisites of a hub: an address, secrets, and its application at the portal's sign-in. Each is created once, found
again after a crash, and released when the hub is removed."""

import secrets
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import Application
from oauth2_provider.settings import oauth2_settings

from hubs.models import Cluster, Hub, HubDomain, HubSecret
from hubs.spec.hub_secrets import CRYPT, OAUTH
from provisioning import names
from provisioning.contract import Release, Target
from provisioning.render import PortalSignIn
from provisioning.runtimes import kind_of


def hub_secrets(hub: Hub) -> dict[str, str]:
    """Return the hub's secrets, created once: 64 hex characters each. `crypt_key` is the current key followed by
    earlier ones, which only decrypt, separated by spaces."""
    known = {row.name: row for row in hub.secrets.all()}
    missing = [
        HubSecret(hub=hub, name=name, value=secrets.token_hex(32)) for name in HubSecret.MADE if name not in known
    ]
    if missing:
        HubSecret.objects.bulk_create(missing, ignore_conflicts=True)  # the first to write one wins
        known = {row.name: row for row in hub.secrets.all()}
    found = {name: row.value for name, row in known.items()}
    return found | {CRYPT: " ".join(filter(None, (found[CRYPT], known[CRYPT].old)))}


def end_overlap(hub: Hub) -> None:
    """Stop accepting the OAuth secret from before a rotation. Called when the hub runs with its current secrets, or
    does not run. `hub` was read before `release`, so a later rotation is not affected."""
    settled = hub.secrets.filter(name=OAUTH, generation__lte=hub.generation)
    settled.exclude(old=None).update(old=None)


def other_urls(hub: Hub, where: Target) -> list[str]:
    """Return other URLs of the hub, to which the portal may redirect, too. A custom domain is included as soon as it is
    verified, so that nothing breaks while DNS changes spread."""
    tls = hub.cluster.tls != Cluster.Tls.NONE
    own = names.own_url(where.own_host, hub.cluster.domain, tls) if where.own_host else ""
    return [url for url in (where.first_url, own) if url and url != where.url]


def sign_in(hub: Hub, url: str, client_secret: str, others: Sequence[str] = ()) -> PortalSignIn:
    """Create or update the hub's application at the portal's OpenID Connect provider. Its ID is the hub's uid."""
    callback = " ".join(names.oauth_callback(each) for each in (url, *others))
    application = Application.objects.filter(client_id=hub.uid).first()
    if application and not check_password(client_secret, application.client_secret):
        hashed = make_password(client_secret, hasher=oauth2_settings.CLIENT_SECRET_HASHER)
        Application.objects.filter(pk=application.pk).update(client_secret=hashed)
    if application is None:
        with transaction.atomic():
            Application.objects.create(
                client_id=hub.uid,
                client_secret=client_secret,
                name=hub.uid,
                client_type=Application.CLIENT_CONFIDENTIAL,
                authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
                skip_authorization=True,  # the hub belongs to the portal: no consent page
                algorithm=Application.RS256_ALGORITHM,
                redirect_uris=callback,
            )
    elif application.redirect_uris != callback:
        Application.objects.filter(pk=application.pk).update(redirect_uris=callback)
    return portal_sign_in(hub)


def portal_sign_in(hub: Hub) -> PortalSignIn:
    portal = settings.PORTAL_URL
    return PortalSignIn(hub.uid, f"{portal}/o/authorize/", f"{portal}/o/token/", f"{portal}/o/userinfo/", portal)


def _of_retired(hub: Hub) -> Release:
    """Return the desired state of a retired hub: nothing, or its volumes for a while. It reserves nothing."""
    where = Target(hub.uid, hub.slug, hub.url, dict(hub.ports.values_list("purpose", "number")))
    kept = hub.keep_files_until and hub.keep_files_until > timezone.now()
    if kept and hub.cluster.can.volumes:
        return kind_of(hub.cluster).render(hub, where, {}, portal_sign_in(hub), "suspended")
    return Release(where, ())


def release(hub: Hub) -> Release:
    """Return the desired state of this hub, reserving what it needs. Raise Refused."""
    if hub.is_retired:
        return _of_retired(hub)
    kind = kind_of(hub.cluster)
    where = kind.target(hub, take=True)
    keys = hub_secrets(hub)
    entry = sign_in(hub, where.url, keys[OAUTH], other_urls(hub, where))
    return kind.render(hub, where, keys, entry, "suspended" if hub.desired_state == "suspended" else "running")


def forget(hub: Hub) -> None:
    """Release what `release` reserved. Safe to repeat."""
    Application.objects.filter(client_id=hub.uid).delete()
    hub.ports.all().delete()
    HubDomain.objects.filter(hub=hub).delete()
    hub.secrets.all().delete()
