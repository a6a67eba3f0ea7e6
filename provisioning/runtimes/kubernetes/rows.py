"""Targets and releases of hubs in a Kubernetes cluster, from their rows: the address, and facts about the cluster and
the organisation for the hub's objects."""

import json
from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from django.utils import timezone

from hubs.domains.services import own_domain
from hubs.images.queries import registries as images
from hubs.language import _
from hubs.models import Cluster, Hub, HubDomain, Organization
from provisioning import hub_words, names, user_limits
from provisioning.contract import Probe, Release, Target
from provisioning.errors import Refused
from provisioning.probed import environment, script
from provisioning.render import Agreed, ClusterFacts, Images, NodePool, PortalSignIn, Wanted, render_kubernetes
from provisioning.render.kubernetes.image_probe import render_probe
from provisioning.render.kubernetes.images import KEY


def target(hub: Hub) -> Target:
    """Return the hub's target in a cluster, with its custom domain if that is verified."""
    cluster, tls = hub.cluster, hub.cluster.tls != Cluster.Tls.NONE
    url = names.cluster_url(hub.slug, cluster.domain, tls)
    own = HubDomain.objects.filter(hub_id=hub.pk).exclude(proven_at=None).first() if hub.pk else None
    if own is None or own_domain.refusal(cluster):
        return Target(hub.uid, hub.slug, url)
    if own.in_use_at is None:
        return Target(hub.uid, hub.slug, url, own_host=own.name)
    moved_to = names.own_url(own.name, cluster.domain, tls)
    return Target(hub.uid, hub.slug, moved_to, own_host=own.name, first_url=url)


def _pool(cluster: Cluster, name: str) -> dict[str, Any] | None:
    """Return the node pool with this name, or the default one. Raise Refused if the cluster has no such pool."""
    if not name:
        first: dict[str, Any] | None = next(iter(cluster.node_pools), None)
        return first
    pools: list[dict[str, Any]] = [pool for pool in cluster.node_pools if pool["name"] == name]
    if not pools:
        said = _("“{cluster}” has no node pool named “{name}”. Choose another one.", cluster=str(cluster), name=name)
        raise Refused(said, "NoSuchPool")
    return pools[0]


def facts_of(cluster: Cluster, pool_name: str = "") -> ClusterFacts:
    """Return facts about the cluster for a hub's objects. Raise Refused."""
    pool, found = _pool(cluster, pool_name), cluster.found_addresses
    return ClusterFacts(
        images=Images(
            settings.HUB_IMAGE, settings.PROXY_IMAGE, settings.IMAGE_PULL_POLICY, tuple(settings.OPEN_IMAGES)
        ),
        routing=cast(Any, cluster.routing),  # the model's choices are the same values
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
        words=hub_words.words(),
    )


def agreed_with(organization: Organization, largest: Mapping[str, float] | None = None) -> Agreed:
    """Return the organisation's limits for a namespace. `largest`: the highest user limits, see user_limits.largest."""
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
    """Return a Docker configuration file for pulling the images of a hub's servers, only for registries in its spec; ""
    if none needs a password."""
    logins = hub.organization.registry_logins.of_hosts(images.hosts_of(hub.spec))
    auths = {
        images.configuration_key(login.host): {"username": login.username, "password": login.password}
        for login in logins
    }
    return json.dumps({"auths": auths}, sort_keys=True) if auths else ""


def render(hub: Hub, where: Target, keys: Mapping[str, str], sign_in: PortalSignIn, wanted: Wanted) -> Release:
    """See contract.Kind.render."""
    restart = hub.restart_at.isoformat(timespec="seconds") if hub.restart_at else ""
    facts = facts_of(hub.cluster, hub.spec.singleuser.nodePool)
    agreed = agreed_with(hub.organization, user_limits.largest(hub, timezone.now()))
    keys = {**keys, KEY: pull_configuration(hub)}
    return render_kubernetes(where, hub.spec, keys, sign_in, wanted, facts, agreed, restart, hub.extra_config)


def probe_of(uid: str, image: str, cluster: Cluster, pull: str) -> Probe:
    """See contract.Kind.probe_of."""
    return render_probe(uid, image, facts_of(cluster), script(), environment(), pull)
