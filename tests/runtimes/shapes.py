"""Hubs of several shapes for a cluster, with fake secrets: for golden files and for a real API server."""

import dataclasses
from collections.abc import Callable
from typing import Any

from provisioning.contract import Release, Target
from provisioning.names import cluster_url, own_url
from provisioning.render import Agreed, ClusterFacts, Images, NodePool, PortalSignIn, Wanted, render_kubernetes

from .worlds import SECRET_NAMES, hub_spec

SECRETS = {name: f"{index}" * 64 for index, name in enumerate(SECRET_NAMES)}
AGREED = Agreed("stats", 100, 4096, 2, 10240, 102400)
IMAGES = Images(
    "quay.io/jupyterhub/k8s-hub:4.4.0", "quay.io/jupyterhub/configurable-http-proxy:5.2.0", open=("quay.io/jupyter/",)
)
SIGN_IN = PortalSignIn(
    client_id="stat",
    authorize_url="https://portal.example.edu/o/authorize/",
    token_url="https://portal.example.edu/o/token/",
    userdata_url="https://portal.example.edu/o/userinfo/",
    portal_url="https://portal.example.edu",
)
POOL = NodePool(
    "gpu",
    {"example.edu/pool": "gpu"},
    ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},),
)
PLAIN = ClusterFacts(images=IMAGES, api_servers=("10.0.0.1/32:6443", "10.96.0.1/32:443"))
SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any], Wanted]] = {
    # name: (facts of the cluster, changes of the spec, desired state)
    "issuer": (
        {"routing": "ingress", "ingress_class": "nginx", "tls": "issuer", "tls_issuer": "letsencrypt"},
        {},
        "running",
    ),
    "wildcard": ({"routing": "ingress", "tls": "wildcard", "storage_class": "fast", "node_pool": POOL}, {}, "running"),
    "gateway": (
        {
            "routing": "gateway",
            "gateway": "gateways/public",
            "tls": "wildcard",
            "pod_security": "baseline",
            "resolvers": ("openshift-dns/dns.operator.openshift.io/daemonset-dns=default", "169.254.20.10/32"),
            "hub_reaches": ("traefik/app.kubernetes.io/name=traefik:8443",),
        },
        {
            "homePage__text": "**Welcome**",
            "hub__activeServerLimit": 20,
            "singleuser__internet": "web",
            "singleuser__internetExceptions": ("10.2.0.7/32 5432",),
        },
        "running",
    ),
    "temporary": (
        {"tls": "none", "api_servers": None},
        {"signIn__method": "tmp", "singleuser__storage__type": "none", "cull__users": True},
        "running",
    ),
    "suspended": ({}, {}, "suspended"),
    "own-name": (
        {"routing": "ingress", "ingress_class": "nginx", "tls": "issuer", "tls_issuer": "letsencrypt"},
        {"own": "hub.river.example.edu"},
        "running",
    ),
    "own-name-gateway": (
        {"routing": "gateway", "gateway": "gateways/public", "tls": "none"},
        {"own": "hub.river.example.edu"},
        "running",
    ),
}


def release(
    uid: str = "habc23456789",
    slug: str = "stat-101",
    *,
    wanted: Wanted = "running",
    facts: ClusterFacts = PLAIN,
    agreed: Agreed = AGREED,
    secrets: dict[str, str] = SECRETS,
    restart_at: str = "",
    own: str = "",
    moved: bool = True,
    **changes: Any,
) -> Release:
    """Return a hub; a change of its spec is written as about__title="...". `own`: its custom domain, and whether the
    hub has moved to it."""
    url = cluster_url(slug, "hubs.example.edu", facts.tls != "none")
    target = Target(uid, slug, url, own_host=own)
    if own and moved:
        target = Target(uid, slug, own_url(own, "hubs.example.edu", facts.tls != "none"), own_host=own, first_url=url)
    return render_kubernetes(target, hub_spec(**changes), secrets, SIGN_IN, wanted, facts, agreed, restart_at)


def shape(name: str, make: Callable[..., Release] = release, **target: Any) -> Release:
    facts, changes, wanted = SHAPES[name]
    return make(facts=dataclasses.replace(PLAIN, **facts), wanted=wanted, **target, **changes)
