"""The proxy of a hub. Nothing here follows from the spec: a change of the hub never interrupts anybody's server."""

import base64

from provisioning.contract import PROXY, Target, digest
from provisioning.names import base_path
from provisioning.render.kubernetes.labels import Manifest, manifest, pod_labels, selector
from provisioning.render.kubernetes.network import HUB_PORT, PROXY_API_PORT, PROXY_PORT, proxy_policy
from provisioning.render.place import ClusterFacts

GRACE = 60  # seconds that open connections may take to end
# configurable-http-proxy takes some 60 MB and grows with open connections.
RESOURCES = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}
RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def encoded(values: dict[str, str]) -> dict[str, str]:
    """Secret `data`: server-side apply does not own what `stringData` became."""
    return {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}


def proxy(target: Target, auth_token: str, facts: ClusterFacts) -> list[Manifest]:
    data = encoded({"CONFIGPROXY_AUTH_TOKEN": auth_token})
    return [
        manifest(target, PROXY, "v1", "Secret", "proxy", "proxy", type="Opaque", data=data),
        proxy_policy(target, facts),
        _service(target, "proxy-api", "api", PROXY_API_PORT),
        _service(target, "proxy-public", "http", 80),
        _deployment(target, facts, data),
    ]


def _service(target: Target, name: str, port_name: str, port: int) -> Manifest:
    ports = [{"name": port_name, "port": port, "protocol": "TCP", "targetPort": port_name}]
    spec = {"type": "ClusterIP", "selector": selector(target, "proxy"), "ports": ports}
    return manifest(target, PROXY, "v1", "Service", name, "proxy", spec=spec)


def _deployment(target: Target, facts: ClusterFacts, secret: dict[str, str]) -> Manifest:
    container = {
        "name": "chp",
        "image": facts.images.proxy,
        "imagePullPolicy": facts.images.pull_policy,
        "args": [
            "--ip=",
            "--api-ip=",
            f"--api-port={PROXY_API_PORT}",
            f"--port={PROXY_PORT}",
            f"--default-target=http://hub:{HUB_PORT}",
            f"--error-target=http://hub:{HUB_PORT}{base_path(target.url)}hub/error",
        ],
        "env": [
            {
                "name": "CONFIGPROXY_AUTH_TOKEN",
                "valueFrom": {"secretKeyRef": {"name": "proxy", "key": "CONFIGPROXY_AUTH_TOKEN"}},
            }
        ],
        "ports": [
            {"name": "http", "containerPort": PROXY_PORT, "protocol": "TCP"},
            {"name": "api", "containerPort": PROXY_API_PORT, "protocol": "TCP"},
        ],
        "livenessProbe": probe("/_chp_healthz", delay=60, period=10, timeout=3, failures=30),
        "readinessProbe": probe("/_chp_healthz", delay=0, period=2, timeout=1, failures=1000),
        "resources": RESOURCES,
        "securityContext": {**RESTRICTED, "readOnlyRootFilesystem": True},
    }
    pod = {
        "metadata": {
            "labels": pod_labels(target, "proxy", "hub", "singleuser"),
            "annotations": {"checksum/auth-token": digest(secret)},
        },
        "spec": {
            "terminationGracePeriodSeconds": GRACE,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65534,
                "runAsGroup": 65534,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
        },
    }
    return manifest(
        target, PROXY, "apps/v1", "Deployment", "proxy", "proxy",
        spec={
            "replicas": 1,
            "revisionHistoryLimit": 1,  # going back is a new revision of the hub
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": selector(target, "proxy")},
            "template": pod,
        },
    )  # fmt: skip


def probe(path: str, *, delay: int, period: int, timeout: int, failures: int) -> Manifest:
    """An HTTP probe of the port "http"; all in seconds."""
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "initialDelaySeconds": delay,
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "failureThreshold": failures,
    }
