"""All hubs of a cluster at once, from metadata alone: which of them are not as they were when somebody last looked?

The cost is one list a kind and page, whatever the number of hubs (docs/performance.md), and nothing here changes a hub
or says what happened: it only tells who needs a look.
"""

from collections.abc import Mapping
from typing import Any

from provisioning.names import LABEL_HUB
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.kinds import FLEET, Kind
from provisioning.runtimes.kubernetes.world import fingerprint, label, metadata

Versions = dict[str, dict[str, str]]  # hub's uid -> object's name -> resourceVersion


def _home(kind: Kind, live: Mapping[str, Any]) -> str:
    """The uid that the object's namespace is named after (provisioning.names.namespace)."""
    meta = metadata(live)
    return str(meta["namespace"] if kind.namespaced else meta["name"]).rpartition("-")[2]


def _hub_of(kind: Kind, live: Mapping[str, Any]) -> str:
    """The hub to which an object belongs; "" when it only carries a hub's label somewhere else (a copy, a mistake)."""
    uid = label(live, LABEL_HUB)
    return uid if uid == _home(kind, live) else ""


def listed(api: Api, kind: Kind) -> tuple[Versions, str]:
    """(the newest versions of one kind, the resourceVersion from which a watch goes on; "" for an unknown kind). Each
    page is forgotten once it was read: as objects it takes ten megabytes, its versions a hundredth of that."""
    found: Versions = {}
    version = ""
    for page, version in api.pages(kind, selector=kind.selector, metadata=True):  # noqa: B007
        for live in page:
            if uid := _hub_of(kind, live):
                found.setdefault(uid, {})[str(metadata(live)["name"])] = str(metadata(live)["resourceVersion"])
    return found, version


class Fleet:
    """The newest versions of all objects, by kind and hub. Not safe for threads: its user holds a lock."""

    def __init__(self) -> None:
        self._kinds: dict[str, Versions] = {kind.name: {} for kind in FLEET}

    def read(self, api: Api) -> None:
        """List everything. Raises Transient; then nothing has changed here: half a fleet is none."""
        self._kinds = {kind.name: listed(api, kind)[0] for kind in FLEET}

    def replace(self, kind: Kind, fresh: Versions) -> set[str]:
        """A fresh list of one kind; returns the hubs for which it says something new."""
        old, self._kinds[kind.name] = self._kinds[kind.name], fresh
        return {uid for uid in {*old, *fresh} if old.get(uid) != fresh.get(uid)}

    def note(self, kind: Kind, event: Mapping[str, Any]) -> str:
        """A watch event; returns the hub in whose namespace it is, "" for nobody's."""
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
        """As Observed.fingerprint; "" for a hub of which there is nothing."""
        return fingerprint(
            (kind, name, version) for kind, hubs in self._kinds.items() for name, version in hubs.get(uid, {}).items()
        )

    def uids(self) -> set[str]:
        """Every hub of which something is there."""
        return {uid for hubs in self._kinds.values() for uid, mine in hubs.items() if mine}
