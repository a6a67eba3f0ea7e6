"""The pod of an image test, in its own, fully isolated namespace: it has no network access, token, volume or
permissions, and a time limit. Images are not trusted. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from provisioning.contract import FILES, PROBE_SECONDS, Probe, Target, digest
from provisioning.names import DIGEST, LABEL_PROBE
from provisioning.render.kubernetes.files import our_right, room
from provisioning.render.kubernetes.images import NAME as PULL_SECRET
from provisioning.render.kubernetes.labels import Manifest, keyed, manifest, pod_labels
from provisioning.render.kubernetes.workload import RESTRICTED, as_user, encoded
from provisioning.render.place import ClusterFacts

COMPONENT = CONTAINER = NAME = "image-probe"
MEMORY, CPU, DISK = "1Gi", "1", "1Gi"  # JupyterLab needs about 250 MiB to start
TO_END = 60  # seconds for the portal to read the result before PROBE_SECONDS are over


def target_of(uid: str) -> Target:
    return Target(uid, NAME, "")


def render_probe(
    uid: str, image: str, facts: ClusterFacts, script: str, environment: Mapping[str, str], pull: str = ""
) -> Probe:
    """Return the manifests. `pull`: a Docker configuration file with the registry's password; "" for a public image."""
    target = target_of(uid)
    made = [room(target, "restricted"), our_right(target, facts), _account(target), _nobody(target)]
    if pull:
        kind, data = "kubernetes.io/dockerconfigjson", encoded({".dockerconfigjson": pull})
        made.append(manifest(target, FILES, "v1", "Secret", PULL_SECRET, COMPONENT, type=kind, data=data))
    made[0]["metadata"]["labels"][LABEL_PROBE] = "true"
    pod = _pod(target, image, facts, script, environment)
    if pull:
        pod["spec"]["imagePullSecrets"] = [{"name": PULL_SECRET}]
    pod["metadata"]["annotations"] = {DIGEST: digest(pod)}
    return Probe(uid, image, keyed([*made, pod]))


def _account(target: Target) -> Manifest:
    """Return a ServiceAccount without permissions, because a new namespace gets its default one only a moment later."""
    return manifest(target, FILES, "v1", "ServiceAccount", NAME, COMPONENT, automountServiceAccountToken=False)


def _nobody(target: Target) -> Manifest:
    """Return a policy that allows no traffic to or from the pods."""
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    return manifest(target, FILES, "networking.k8s.io/v1", "NetworkPolicy", "nobody", COMPONENT, spec=spec)


def _literal(text: str) -> str:
    """Escape text for arguments and variables, where Kubernetes expands $(NAME) and reads $$ as one $."""
    return text.replace("$", "$$")


def _pod(
    target: Target, image: str, facts: ClusterFacts, script: str, environment: Mapping[str, str]
) -> Manifest:  # fmt: skip
    """Return a pod that starts as a person's server in a hub: the image's ENTRYPOINT with a command, as uid 1000."""
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": image,
        "imagePullPolicy": _pull_policy(image, facts.images.open),
        "args": ["/bin/sh", "-c", _literal(script)],
        "env": [{"name": name, "value": _literal(value)} for name, value in environment.items()],
        "resources": {
            "requests": {"cpu": "50m", "memory": "256Mi", "ephemeral-storage": "64Mi"},
            "limits": {"cpu": CPU, "memory": MEMORY, "ephemeral-storage": DISK},
        },
        "securityContext": RESTRICTED,
    }
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": int(PROBE_SECONDS) - TO_END,
        "terminationGracePeriodSeconds": 1,
        "serviceAccountName": NAME,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": as_user(1000, fsGroup=100),
        "containers": [container],
    }
    if facts.node_pool:
        spec["nodeSelector"] = dict(facts.node_pool.node_selector)
        spec["tolerations"] = [dict(one) for one in facts.node_pool.tolerations]
    made = manifest(target, FILES, "v1", "Pod", NAME, COMPONENT, spec=spec)
    made["metadata"]["labels"] |= pod_labels(target, COMPONENT)
    return made


def _pull_policy(image: str, open_images: Sequence[str]) -> str:
    """Return the policy, as for people's servers: private images are checked at the registry each time, so that the
    password decides, not what a node pulled for others."""
    return "IfNotPresent" if open_images and image.startswith(tuple(open_images)) else "Always"
