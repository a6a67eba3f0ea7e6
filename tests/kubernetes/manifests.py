"""What deploy/ installs, applied by kubectl as an administrator would, and how the API serves it."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .binaries import find
from .server import KubeServer

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def kubectl(kube: KubeServer, *args: str, **environ: str) -> str:
    """Run kubectl as the cluster's admin. Raise AssertionError with its output when it fails."""
    argv = [find().path("kubectl"), *args]
    done = subprocess.run(argv, env={**kube.environ(), **environ}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def kustomized(kube: KubeServer, folder: str) -> list[dict[str, Any]]:
    return [m for m in yaml.safe_load_all(kubectl(kube, "kustomize", str(DEPLOY / folder))) if m]


def pods(manifests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the pod of each Deployment and StatefulSet, as their controllers would create it."""
    found = {}
    for manifest in manifests:
        if template := manifest.get("spec", {}).get("template"):
            name, claims = manifest["metadata"]["name"], manifest["spec"].get("volumeClaimTemplates", [])
            volumes = [_claimed(claim["metadata"]["name"]) for claim in claims]
            spec = {**template["spec"], "volumes": template["spec"]["volumes"] + volumes}
            found[name] = {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], "name": name},
                           "spec": {"serviceAccountName": "hubportal", **spec}}  # fmt: skip
    return found


def _claimed(name: str) -> Mapping[str, Any]:
    return {"name": name, "persistentVolumeClaim": {"claimName": name}}
