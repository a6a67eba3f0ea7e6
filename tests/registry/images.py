"""Small images, pushed by hand through the registry's own API."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


class Pusher:
    def __init__(self, address: str, headers: Any = None) -> None:
        """Push to this registry; `headers(repository)` returns what it requires."""
        limits = httpx.Limits(max_keepalive_connections=0)  # no connection to close at the end
        self.client = httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=10, limits=limits)
        self.headers: Callable[[str], dict[str, str]] = headers or (lambda repository: {})

    def blob(self, repository: str, body: bytes) -> dict[str, Any]:
        headers = self.headers(repository)
        place = self.client.post(f"/v2/{repository}/blobs/uploads/", headers=headers).raise_for_status()
        url = httpx.URL(place.headers["Location"]).copy_merge_params({"digest": digest(body)})
        self.client.put(url, content=body, headers=headers).raise_for_status()
        return {"digest": digest(body), "size": len(body)}

    def put(self, repository: str, reference: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(data).encode()
        headers = {"Content-Type": kind, **self.headers(repository)}
        self.client.put(f"/v2/{repository}/manifests/{reference}", content=body, headers=headers).raise_for_status()
        return {"mediaType": kind, "digest": digest(body), "size": len(body)}

    def image(
        self, repository: str, tag: str = "", *, layers: tuple[int, ...] = (1000, 24), created: str = "",
        architecture: str = "amd64", os: str = "linux",
    ) -> dict[str, Any]:  # fmt: skip
        """Push layers of these sizes; return the manifest's descriptor. Without a tag, only its digest identifies
        it."""
        config = {"architecture": architecture, "os": os, "rootfs": {"type": "layers", "diff_ids": []}}
        if created:
            config["created"] = created
        parts = [self.blob(repository, bytes([number % 256]) * size) for number, size in enumerate(layers)]
        layer = "application/vnd.oci.image.layer.v1.tar+gzip"
        made = self.blob(repository, json.dumps(config).encode())
        data = {
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **made},
            "layers": [{"mediaType": layer, **part} for part in parts],
        }  # fmt: skip
        reference = tag or digest(json.dumps(data).encode())
        return self.put(repository, reference, MANIFEST, data)

    def index(self, repository: str, tag: str, rows: list[tuple[dict[str, Any], str, str]]) -> dict[str, Any]:
        """Push one tag for several platforms: (descriptor, os, architecture)."""
        listed = [{**row, "platform": {"os": os, "architecture": architecture}} for row, os, architecture in rows]
        return self.put(repository, tag, INDEX, {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed})
