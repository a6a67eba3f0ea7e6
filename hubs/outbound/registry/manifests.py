"""Parsers of registry documents: manifests, indexes, configurations (OCI image specification 1.1, Docker v2 schema 2).
Pure; invalid documents raise Strange."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hubs.spec.image_names import DIGEST

OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker.distribution.manifest"
INDEXES = (f"{OCI}.index.v1+json", f"{DOCKER}.list.v2+json")
MANIFESTS = (f"{OCI}.manifest.v1+json", f"{DOCKER}.v2+json")
ACCEPT = ", ".join((*INDEXES, *MANIFESTS))
USUAL = ("linux", "amd64")  # the platform of most clusters


class Strange(Exception):
    """The response is not one of a registry."""


@dataclass(frozen=True)
class Manifest:
    """One image for one platform."""

    size: int  # bytes to pull: all layers
    config: str  # digest of its configuration


def document(body: bytes) -> dict[str, Any]:
    """Return a JSON object. Raise Strange."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Strange from None
    if not isinstance(found, dict):
        raise Strange
    return found


def _rows(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Strange
    return value


def _digest(value: Any) -> str:
    if not (isinstance(value, str) and DIGEST.fullmatch(value)):
        raise Strange
    return value


def is_index(data: dict[str, Any]) -> bool:
    return data.get("mediaType") in INDEXES or ("manifests" in data and "layers" not in data)


def choose(index: dict[str, Any]) -> tuple[str, str]:
    """Return (digest of the manifest for linux/amd64, ""), or (digest of the first manifest, its platform)."""
    found = []
    for row in _rows(index.get("manifests")):
        platform = row.get("platform") or {}
        if not isinstance(platform, dict):
            raise Strange
        kind = (str(platform.get("os", "linux")), str(platform.get("architecture", "amd64")))
        if kind == USUAL:
            return _digest(row.get("digest")), ""
        if kind[1] != "unknown":  # signatures and the like
            found.append((_digest(row.get("digest")), machine(*kind)))
    if not found:
        raise Strange
    return found[0]


def machine(system: str, architecture: str) -> str:
    """Return "" for linux/amd64, else the name of the platform."""
    if (system, architecture) == USUAL:
        return ""
    return architecture[:20] if system == "linux" else f"{system[:20]} {architecture[:20]}"


def manifest(data: dict[str, Any]) -> Manifest:
    sizes = [row.get("size") for row in _rows(data.get("layers"))]
    config = data.get("config")
    if not isinstance(config, dict) or not all(type(size) is int and size >= 0 for size in sizes):
        raise Strange
    return Manifest(sum(sizes), _digest(config.get("digest")))  # type: ignore[arg-type]


def created(config: dict[str, Any]) -> datetime | None:
    """Return when the image was built, or None. Reproducible builds have 1970 or year 1, which does not count."""
    text = config.get("created")
    if not isinstance(text, str):
        return None
    whole, dot, rest = text.partition(".")
    zone = rest.lstrip("0123456789") if dot else ""  # Python can't parse nanoseconds
    try:
        moment = datetime.fromisoformat(whole + zone)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if moment.year > 2000 else None
