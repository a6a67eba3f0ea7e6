"""The route from browsers to a hub: an Ingress or an HTTPRoute to the proxy."""

from provisioning.contract import ADDRESS, Target
from provisioning.names import base_path, host
from provisioning.render.kubernetes.labels import Manifest, manifest
from provisioning.render.place import ClusterFacts

# The defaults of ingress-nginx (1 MB, 60 s) would break saving of notebooks and kernel connections. Others ignore it.
NGINX = {
    f"nginx.ingress.kubernetes.io/{name}": value
    for name, value in {"proxy-body-size": "64m", "proxy-read-timeout": "3600", "proxy-send-timeout": "3600"}.items()
}
# Names of the Secrets that cert-manager creates.
TLS_SECRET, OWN_TLS_SECRET = "hub-tls", "hub-own-tls"


def address(target: Target, facts: ClusterFacts) -> list[Manifest]:
    if facts.routing == "ingress":
        return [_ingress(target, facts)]
    if facts.routing == "gateway":
        return [_route(target, facts)]
    return []


def hosts(target: Target) -> list[str]:
    """Return all host names of the hub, first the one in the cluster's domain."""
    return [host(target.first_url or target.url), *([target.own_host] if target.own_host else [])]


def _tls(target: Target, facts: ClusterFacts) -> list[Manifest]:
    """Return TLS entries, one certificate per name: one that can't be issued (yet) does not affect the other."""
    if facts.tls == "issuer":
        secrets = (TLS_SECRET, OWN_TLS_SECRET)
        return [{"hosts": [name], "secretName": secret} for name, secret in zip(hosts(target), secrets, strict=False)]
    return [{"hosts": hosts(target)[:1]}] if facts.tls == "wildcard" else []


def _ingress(target: Target, facts: ClusterFacts) -> Manifest:
    backend = {"service": {"name": "proxy-public", "port": {"name": "http"}}}
    paths = [{"path": base_path(target.url), "pathType": "Prefix", "backend": backend}]
    spec: Manifest = {"rules": [{"host": name, "http": {"paths": paths}} for name in hosts(target)]}
    if facts.ingress_class:
        spec["ingressClassName"] = facts.ingress_class
    if tls := _tls(target, facts):
        spec["tls"] = tls
    made = manifest(target, ADDRESS, "networking.k8s.io/v1", "Ingress", "hub", "proxy", spec=spec)
    made["metadata"]["annotations"] = dict(NGINX)
    if facts.tls == "issuer":
        made["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] = facts.tls_issuer
    return made


def _route(target: Target, facts: ClusterFacts) -> Manifest:
    """Return the HTTPRoute. TLS is configured in the Gateway's listener. Fields with defaults are written out."""
    where, _, name = facts.gateway.partition("/")
    rule = {
        "matches": [{"path": {"type": "PathPrefix", "value": base_path(target.url)}}],
        "backendRefs": [{"group": "", "kind": "Service", "name": "proxy-public", "port": 80, "weight": 1}],
    }
    parent = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": where, "name": name}
    spec = {"parentRefs": [parent], "hostnames": hosts(target), "rules": [rule]}
    return manifest(target, ADDRESS, "gateway.networking.k8s.io/v1", "HTTPRoute", "hub", "proxy", spec=spec)
