"""Results of interactive calls to a cluster (hubs/clusters/queries.py). Pure data, made by a runtime."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Planned:
    """What applying a release would do to one object. `changes`: (path, before, after), secrets masked."""

    part: str
    kind: str  # e.g. "Deployment"
    name: str
    action: str  # "create", "change" or "delete"
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Applied:
    """One object as it was applied last. Secret values are masked."""

    part: str
    kind: str
    name: str
    manifest: Mapping[str, Any]
    changed_by: tuple[str, ...] = ()  # other field managers that own fields of it


@dataclass(frozen=True)
class Finding:
    """One result of a cluster check."""

    name: str
    ok: bool | None  # None: a note
    message: str
    addresses: Mapping[str, Any] | None = None  # Cluster.found_addresses
