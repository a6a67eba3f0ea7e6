"""What the place where a hub lives answers to a page (hubs/clusters/queries.py asks). Pure data, made by a runtime."""

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
    changed_by: tuple[str, ...] = ()  # field managers that own fields of it beside us


@dataclass(frozen=True)
class Finding:
    """What a check of a cluster says in one line."""

    name: str
    ok: bool | None  # None: good to know
    message: str
    addresses: Mapping[str, Any] | None = None  # Cluster.found_addresses
