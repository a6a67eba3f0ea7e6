"""The proxy of a hub. Nothing here depends on the spec, so a change of the hub never interrupts people's servers."""

from provisioning.contract import PROXY, Target, digest
from provisioning.names import base_path
from provisioning.render.kubernetes.labels import Manifest, manifest, pod_labels
from provisioning.render.kubernetes.network import HUB_PORT, PROXY_API_PORT, PROXY_PORT, proxy_policy
from provisioning.render.kubernetes.workload import RESTRICTED, as_user, encoded, one_pod, probe, proxy_token, service
from provisioning.render.place import ClusterFacts

GRACE = 60  # seconds for open connections to end
# configurable-http-proxy takes about 60 MB and grows with open connections.
RESOURCES = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}


def proxy(target: Target, auth_token: str, facts: ClusterFacts) -> list[Manifest]:
    data = encoded({"CONFIGPROXY_AUTH_TOKEN": auth_token})
    return [
        manifest(target, PROXY, "v1", "Secret", "proxy", "proxy", type="Opaque", data=data),
        proxy_policy(target, facts),
        service(target, PROXY, "proxy-api", "api", PROXY_API_PORT),
        service(target, PROXY, "proxy-public", "http", 80),
        one_pod(target, PROXY, _pod(target, facts, data)),
    ]


def _pod(target: Target, facts: ClusterFacts, secret: dict[str, str]) -> Manifest:
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
        "env": [proxy_token()],
        "ports": [
            {"name": "http", "containerPort": PROXY_PORT, "protocol": "TCP"},
            {"name": "api", "containerPort": PROXY_API_PORT, "protocol": "TCP"},
        ],
        "livenessProbe": probe("/_chp_healthz", delay=60, period=10, timeout=3, failures=30),
        "readinessProbe": probe("/_chp_healthz", delay=0, period=2, timeout=1, failures=1000),
        "resources": RESOURCES,
        "securityContext": {**RESTRICTED, "readOnlyRootFilesystem": True},
    }
    return {
        "metadata": {
            "labels": pod_labels(target, "proxy", "hub", "singleuser"),
            "annotations": {"checksum/auth-token": digest(secret)},
        },
        "spec": {
            "terminationGracePeriodSeconds": GRACE,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": as_user(65534, runAsGroup=65534),
            "containers": [container],
        },
    }
