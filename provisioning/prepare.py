"""What a hub needs before anything can run: an address, secrets, and its own application at the portal's sign-in.
Each is made once, found again after a crash, and given back when the hub is gone."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from oauth2_provider.models import Application
from oauth2_provider.settings import oauth2_settings

from hubs.domains.services import own_domain
from hubs.images.queries import registries as images
from hubs.models import Cluster, Hub, HubDomain, HubPort, HubSecret, Organization
from provisioning import names, user_limits
from provisioning.contract import Release, Target
from provisioning.errors import Refused
from provisioning.render import (
    Agreed,
    ClusterFacts,
    Images,
    NodePool,
    PortalSignIn,
    Wanted,
    render_kubernetes,
    render_local,
)
from provisioning.render.kubernetes.images import KEY
from provisioning.runtimes.local.probe import port_is_free

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


def cluster_target(hub: Hub) -> Target:
    """The hub's address in a cluster, and its organisation's own name for it where that is proven."""
    cluster, tls = hub.cluster, hub.cluster.tls != Cluster.Tls.NONE
    url = names.cluster_url(hub.slug, cluster.domain, tls)
    own = HubDomain.objects.filter(hub_id=hub.pk).exclude(proven_at=None).first() if hub.pk else None
    if own is None or own_domain.refusal(cluster):
        return Target(hub.uid, hub.slug, url)
    if own.in_use_at is None:
        return Target(hub.uid, hub.slug, url, own_host=own.name)
    moved_to = names.own_url(own.name, cluster.domain, tls)
    return Target(hub.uid, hub.slug, moved_to, own_host=own.name, first_url=url)


def target(hub: Hub) -> Target:
    """The hub's address; on one machine with ports, taken where it has none yet. Raises Refused."""
    if hub.cluster.runtime == Cluster.Runtime.KUBERNETES:
        return cluster_target(hub)
    ports = dict(hub.ports.values_list("purpose", "number"))
    for purpose in PORTS:
        if purpose not in ports:
            ports[purpose] = _take_port(hub, purpose)
    return Target(hub.uid, hub.slug, names.local_url(settings.LOCAL_HUB_ORIGIN, ports["public"], hub.slug), ports)


def hub_secrets(hub: Hub) -> dict[str, str]:
    """The hub's secrets, made once: 64 hex characters each. `crypt_key` is the current key and those before it, which
    only decrypt, separated by spaces."""
    known = {row.name: row for row in hub.secrets.all()}
    missing = [
        HubSecret(hub=hub, name=name, value=secrets.token_hex(32)) for name in HubSecret.MADE if name not in known
    ]
    if missing:
        HubSecret.objects.bulk_create(missing, ignore_conflicts=True)  # the first to write one wins
        known = {row.name: row for row in hub.secrets.all()}
    found = {name: row.value for name, row in known.items()}
    return found | {"crypt_key": " ".join(filter(None, (found["crypt_key"], known["crypt_key"].old)))}


def end_overlap(hub: Hub) -> None:
    """The hub runs with its current secrets, or nothing of it runs: the OAuth secret before a rotation is no longer
    accepted. `hub` is as it was read before `release`, so a later rotation is left alone."""
    settled = hub.secrets.filter(name="oauth_client_secret", generation__lte=hub.generation)
    settled.exclude(old=None).update(old=None)


def other_urls(hub: Hub, where: Target) -> list[str]:
    """Where else the hub is, was, or will be found: the portal sends people back there, too. An own name counts from
    its proof, so that nothing breaks while the world's name servers learn it."""
    tls = hub.cluster.tls != Cluster.Tls.NONE
    own = names.own_url(where.own_host, hub.cluster.domain, tls) if where.own_host else ""
    return [url for url in (where.first_url, own) if url and url != where.url]


def sign_in(hub: Hub, url: str, client_secret: str, others: Sequence[str] = ()) -> PortalSignIn:
    """The hub's application at the portal's own OpenID Connect provider. Its id is the hub's uid, so there is one."""
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
                skip_authorization=True,  # the hub is ours: no consent page
                algorithm=Application.RS256_ALGORITHM,
                redirect_uris=callback,
            )
    elif application.redirect_uris != callback:
        Application.objects.filter(pk=application.pk).update(redirect_uris=callback)
    return portal_sign_in(hub)


def portal_sign_in(hub: Hub) -> PortalSignIn:
    portal = settings.PORTAL_URL
    return PortalSignIn(hub.uid, f"{portal}/o/authorize/", f"{portal}/o/token/", f"{portal}/o/userinfo/", portal)


def _pool(cluster: Cluster, name: str) -> dict[str, Any] | None:
    """The node pool of this name, else the usual one. Raises Refused when the cluster has no pool of this name."""
    if not name:
        first: dict[str, Any] | None = next(iter(cluster.node_pools), None)
        return first
    pools: list[dict[str, Any]] = [pool for pool in cluster.node_pools if pool["name"] == name]
    if not pools:
        raise Refused(f"{cluster} has no node pool called “{name}”. Choose another one.", "NoSuchPool")
    return pools[0]


def facts_of(cluster: Cluster, pool_name: str = "") -> ClusterFacts:
    """What a hub's objects need to know of the cluster. Raises Refused."""
    pool, found = _pool(cluster, pool_name), cluster.found_addresses
    return ClusterFacts(
        images=Images(
            settings.HUB_IMAGE, settings.PROXY_IMAGE, settings.IMAGE_PULL_POLICY, tuple(settings.OPEN_IMAGES)
        ),
        routing=cast(Any, cluster.routing),  # the model's choices are the same words
        ingress_class=cluster.ingress_class,
        gateway=cluster.gateway,
        tls=cast(Any, cluster.tls),
        tls_issuer=cluster.tls_issuer,
        storage_class=cluster.storage_classes[0] if cluster.storage_classes else "",
        node_pool=NodePool(pool["name"], pool.get("nodeSelector", {}), tuple(pool.get("tolerations", ())))
        if pool
        else None,
        enforces_network_policy=cluster.enforces_network_policy,
        pod_security=cluster.pod_security,
        resolvers=(*settings.CLUSTER_DNS, *found.get("resolvers", ())),
        api_servers=tuple(found["api"]) if "api" in found else None,
        hub_reaches=(*settings.HUB_REACHES, *found.get("portal", ())),
        own_networks=tuple(found.get("own", ())),
    )


def agreed_with(organization: Organization, largest: Mapping[str, float] | None = None) -> Agreed:
    """The organisation's limits, as bounds of a namespace; `largest` is what rules of staff's give one person."""
    rules = largest or {}
    return Agreed(
        slug=organization.slug,
        users_per_hub=organization.users_per_hub,
        memory_per_user_mib=organization.memory_per_user_mib,
        cpu_per_user=organization.cpu_per_user,
        storage_per_user_mib=organization.storage_per_user_mib,
        total_memory_mib=organization.total_memory_mib,
        largest_memory_mib=int(rules.get("memory_mib", 0)),
        largest_cpu=rules.get("cpu", 0),
        largest_storage_mib=int(rules.get("storage_mib", 0)),
    )


def pull_configuration(hub: Hub) -> str:
    """What its servers fetch images with, as Docker's configuration file has it; "" when all are open. Only for the
    registries that its spec names."""
    logins = hub.organization.registry_logins.of_hosts(images.hosts_of(hub.spec))
    auths = {
        images.configuration_key(login.host): {"username": login.username, "password": login.password}
        for login in logins
    }
    return json.dumps({"auths": auths}, sort_keys=True) if auths else ""


def render(hub: Hub, where: Target, keys: Mapping[str, str], entry: PortalSignIn, wanted: Wanted) -> Release:
    """By the cluster's kind. Pure but for the settings."""
    restart = hub.restart_at.isoformat(timespec="seconds") if hub.restart_at else ""
    if hub.cluster.runtime != Cluster.Runtime.KUBERNETES:
        return render_local(where, hub.spec, keys, entry, wanted, restart)
    facts = facts_of(hub.cluster, hub.spec.singleuser.nodePool)
    agreed = agreed_with(hub.organization, user_limits.largest(hub, timezone.now()))
    keys = {**keys, KEY: pull_configuration(hub)}
    return render_kubernetes(where, hub.spec, keys, entry, wanted, facts, agreed, restart, hub.extra_config)


def _of_retired(hub: Hub) -> Release:
    """Nothing, or its volumes for a while. Takes nothing any more: it could never be given back."""
    where = Target(hub.uid, hub.slug, hub.url, dict(hub.ports.values_list("purpose", "number")))
    kept = hub.keep_files_until and hub.keep_files_until > timezone.now()
    if kept and hub.cluster.runtime == Cluster.Runtime.KUBERNETES:
        return render(hub, where, {}, portal_sign_in(hub), "suspended")
    return Release(where, ())


def release(hub: Hub) -> Release:
    """Everything that is wanted of this hub now. Raises Refused."""
    if hub.is_retired:
        return _of_retired(hub)
    where = target(hub)
    keys = hub_secrets(hub)
    entry = sign_in(hub, where.url, keys["oauth_client_secret"], other_urls(hub, where))
    return render(hub, where, keys, entry, "suspended" if hub.desired_state == "suspended" else "running")


def forget(hub: Hub) -> None:
    """Give back what `release` took. Safe to repeat."""
    Application.objects.filter(client_id=hub.uid).delete()
    hub.ports.all().delete()
    HubDomain.objects.filter(hub=hub).delete()
    hub.secrets.all().delete()
