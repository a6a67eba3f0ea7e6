"""Pulling of private images: the organisation's passwords, in a Secret for the kubelet."""

from collections.abc import Mapping
from typing import Any

from provisioning.contract import HUB, Target
from provisioning.render.kubernetes.labels import Manifest, manifest
from provisioning.render.kubernetes.workload import encoded

NAME = "image-pull"
KEY = "image_pull"  # among a hub's secrets: a Docker configuration file


def pull_secret(target: Target, values: dict[str, Any], secrets: Mapping[str, str]) -> list[Manifest]:
    """Return the Secret and add its name to the values; nothing if all images are public."""
    if not secrets.get(KEY):
        return []
    image = values["singleuser"]["image"]
    image["pullSecrets"] = [*image.get("pullSecrets", []), {"name": NAME}]
    data = encoded({".dockerconfigjson": secrets[KEY]})
    kind = "kubernetes.io/dockerconfigjson"
    return [manifest(target, HUB, "v1", "Secret", NAME, "singleuser-server", type=kind, data=data)]
