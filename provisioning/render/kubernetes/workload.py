"""What pods of the portal's making have in common: who they run as, probes, a Service, a Deployment of one."""

import base64
from typing import Any

from provisioning.contract import Target
from provisioning.render.kubernetes.labels import Manifest, manifest, selector

RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def encoded(values: dict[str, str]) -> dict[str, str]:
    """Secret `data`: server-side apply does not own what `stringData` became."""
    return {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}


def proxy_token() -> Manifest:
    """The variable by which hub and proxy know each other."""
    name = "CONFIGPROXY_AUTH_TOKEN"
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": "proxy", "key": name}}}


def as_user(number: int, **more: int) -> Manifest:
    """A pod's security context: never root."""
    return {"runAsNonRoot": True, "runAsUser": number, **more, "seccompProfile": {"type": "RuntimeDefault"}}


def probe(path: str, *, delay: int, period: int, timeout: int, failures: int) -> Manifest:
    """An HTTP probe of the port "http"; all in seconds."""
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "initialDelaySeconds": delay,
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "failureThreshold": failures,
    }


def service(target: Target, part: str, name: str, port_name: str, port: int, to: str = "") -> Manifest:
    """The part's pod at this port; `to` is what the pod calls it, when it is another name."""
    ports = [{"name": port_name, "port": port, "protocol": "TCP", "targetPort": to or port_name}]
    spec = {"type": "ClusterIP", "selector": selector(target, part), "ports": ports}
    return manifest(target, part, "v1", "Service", name, part, spec=spec)


def one_pod(target: Target, part: str, pod: dict[str, Any]) -> Manifest:
    """The part's Deployment."""
    spec = {
        "replicas": 1,
        "revisionHistoryLimit": 1,  # going back is a new revision of the hub
        "strategy": {"type": "Recreate"},  # two hubs on one database would undo each other
        "selector": {"matchLabels": selector(target, part)},
        "template": pod,
    }
    return manifest(target, part, "apps/v1", "Deployment", part, part, spec=spec)
