"""Common pieces of the portal's pods: user, probes, a Service, a Deployment with one replica."""

import base64
from typing import Any

from provisioning.contract import Target
from provisioning.render.kubernetes.labels import Manifest, manifest, selector

RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def encoded(values: dict[str, str]) -> dict[str, str]:
    """Return Secret `data`: with `stringData`, server-side apply would not own the resulting data."""
    return {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}


def proxy_token() -> Manifest:
    """Return the variable with the shared token of hub and proxy."""
    name = "CONFIGPROXY_AUTH_TOKEN"
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": "proxy", "key": name}}}


def as_user(number: int, **more: int) -> Manifest:
    """Return a pod's security context: never root."""
    return {"runAsNonRoot": True, "runAsUser": number, **more, "seccompProfile": {"type": "RuntimeDefault"}}


def probe(path: str, *, delay: int, period: int, timeout: int, failures: int) -> Manifest:
    """Return an HTTP probe of the port "http"; times in seconds."""
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "initialDelaySeconds": delay,
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "failureThreshold": failures,
    }


def service(target: Target, part: str, name: str, port_name: str, port: int, to: str = "") -> Manifest:
    """Return a Service for the part's pod. `to` is the pod's name for the port, if different."""
    ports = [{"name": port_name, "port": port, "protocol": "TCP", "targetPort": to or port_name}]
    spec = {"type": "ClusterIP", "selector": selector(target, part), "ports": ports}
    return manifest(target, part, "v1", "Service", name, part, spec=spec)


def one_pod(target: Target, part: str, pod: dict[str, Any]) -> Manifest:
    """Return the part's Deployment."""
    spec = {
        "replicas": 1,
        "revisionHistoryLimit": 1,  # a rollback is a new revision of the hub
        "strategy": {"type": "Recreate"},  # two hubs on one database would conflict
        "selector": {"matchLabels": selector(target, part)},
        "template": pod,
    }
    return manifest(target, part, "apps/v1", "Deployment", part, part, spec=spec)
