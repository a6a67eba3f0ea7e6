"""All hubs of a cluster at once, from metadata alone, to find those that changed since they were last observed.

The cost is one list per kind and page, for any number of hubs (docs/performance.md). Nothing here changes a hub or
finds out what happened: it only finds hubs that need a pass.
"""

from collections.abc import Mapping
from typing import Any

from provisioning.names import LABEL_HUB
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.kinds import FLEET, Kind
from provisioning.runtimes.kubernetes.world import fingerprint, label, metadata

Versions = dict[str, dict[str, str]]  # hub's uid -> object's name -> resourceVersion


def _home(kind: Kind, live: Mapping[str, Any]) -> str:
    """Return the uid in the name of the object's namespace (provisioning.names.namespace)."""
    meta = metadata(live)
    return str(meta["namespace"] if kind.namespaced else meta["name"]).rpartition("-")[2]


def _hub_of(kind: Kind, live: Mapping[str, Any]) -> str:
    """Return the hub of an object; "" if it has a hub's label in another namespace (a copy, a mistake)."""
    uid = label(live, LABEL_HUB)
    return uid if uid == _home(kind, live) else ""


def listed(api: Api, kind: Kind) -> tuple[Versions, str]:
    """Return (newest versions of one kind, resourceVersion for a watch; "" for an unknown kind). Pages are not kept: as
    objects, each takes ten megabytes; its versions take a hundredth of that."""
    found: Versions = {}
    version = ""
    for page, version in api.pages(kind, selector=kind.selector, metadata=True):  # noqa: B007
        for live in page:
            if uid := _hub_of(kind, live):
                found.setdefault(uid, {})[str(metadata(live)["name"])] = str(metadata(live)["resourceVersion"])
    return found, version


class Fleet:
    """The newest versions of all objects, by kind and hub. Not thread-safe: its user holds a lock."""

    def __init__(self) -> None:
        self._kinds: dict[str, Versions] = {kind.name: {} for kind in FLEET}

    def read(self, api: Api) -> None:
        """List everything. Raise Transient, leaving the state unchanged: a partial fleet is useless."""
        self._kinds = {kind.name: listed(api, kind)[0] for kind in FLEET}

    def replace(self, kind: Kind, fresh: Versions) -> set[str]:
        """Replace the list of one kind. Return the hubs for which something changed."""
        old, self._kinds[kind.name] = self._kinds[kind.name], fresh
        return {uid for uid in {*old, *fresh} if old.get(uid) != fresh.get(uid)}

    def note(self, kind: Kind, event: Mapping[str, Any]) -> str:
        """Apply a watch event. Return the hub in whose namespace it is, or ""."""
        live, meta = event["object"], metadata(event["object"])
        uid, name = _home(kind, live), str(meta["name"])
        mine = self._kinds[kind.name].setdefault(uid, {})
        if event["type"] == "DELETED" or not _hub_of(kind, live):
            if mine.pop(name, None) is None:
                return ""
        else:
            mine[name] = str(meta["resourceVersion"])
        return uid

    def fingerprint(self, uid: str) -> str:
        """Return the same as Observed.fingerprint; "" for a hub without objects."""
        return fingerprint(
            (kind, name, version) for kind, hubs in self._kinds.items() for name, version in hubs.get(uid, {}).items()
        )

    def uids(self) -> set[str]:
        """Return the uid of every hub of which objects exist."""
        return {uid for hubs in self._kinds.values() for uid, mine in hubs.items() if mine}
