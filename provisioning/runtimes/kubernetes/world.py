"""All objects of one hub in the cluster, read with one list request per kind."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioning.contract import Part, Target, digest
from provisioning.errors import Transient
from provisioning.names import DIGEST, LABEL_HUB, LABEL_PART, namespace
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.kinds import KEPT, NAMESPACE, OF_A_HUB, Kind

Live = Mapping[str, Any]  # an object as returned by the API server
SERVERS, COMPONENT = "singleuser-server", "component"  # KubeSpawner's labels


def metadata(live: Live) -> Mapping[str, Any]:
    found: Mapping[str, Any] = live.get("metadata", {})
    return found


def label(live: Live, name: str) -> str:
    return str((metadata(live).get("labels") or {}).get(name, ""))


def annotation(live: Live, name: str) -> str:
    return str((metadata(live).get("annotations") or {}).get(name, ""))


def fingerprint(versions: Iterable[tuple[str, str, str]]) -> str:
    """Return the fingerprint of (kind, name, resourceVersion) of a hub's objects: equal means that nothing changed."""
    known = sorted(versions)
    return digest(known) if known else ""


@dataclass
class World:
    """`objects` are ours, by (kind, name); `pods` are the hub's, the proxy's and people's."""

    target: Target
    home: Live | None = None  # the namespace
    foreign: bool = False  # our name belongs to a namespace that is not the portal's
    objects: dict[tuple[str, str], Live] = field(default_factory=dict)
    pods: list[Live] = field(default_factory=list)
    versions: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def namespace(self) -> str:
        return namespace(self.target.slug, self.target.uid)

    @property
    def ending(self) -> bool:
        """Whether the namespace is being removed."""
        return self.home is not None and "deletionTimestamp" in metadata(self.home)

    def of_part(self, part: str) -> dict[tuple[str, str], Live]:
        return {key: live for key, live in self.objects.items() if label(live, LABEL_PART) == part}

    def surplus(self, part: Part) -> dict[tuple[str, str], Live]:
        """Return objects that no longer belong to a part and can be removed. Files are never removed by a change."""
        mine = self.of_part(part.name).items()
        return {key: live for key, live in mine if "/".join(key) not in part.payload and key[0] not in KEPT}

    def parts(self) -> list[str]:
        return list(dict.fromkeys(label(live, LABEL_PART) for live in self.objects.values()))

    def component(self, name: str) -> list[Live]:
        """Return the pods of "hub", "proxy" or "singleuser-server"."""
        return [pod for pod in self.pods if label(pod, COMPONENT) == name]

    def digests(self, part: str) -> dict[str, str]:
        """Return the input of Part.digest: "Kind/name" -> digest of the manifest that was sent."""
        found = self.of_part(part)
        return {f"{kind}/{name}": annotation(live, DIGEST) for (kind, name), live in found.items()}

    def secret(self, name: str, key: str) -> str:
        live = self.objects.get(("Secret", name), {})
        try:
            return base64.b64decode((live.get("data") or {}).get(key, "")).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""

    def secrets(self) -> list[str]:
        """Return all secret values, which must be removed from texts for people."""
        every = [live.get("data") or {} for (kind, _), live in self.objects.items() if kind == "Secret"]
        return [base64.b64decode(value).decode("utf-8", "replace") for data in every for value in data.values()]


def _list(api: Api, kind: Kind, where: str, uid: str) -> list[dict[str, Any]]:
    parts = f",{LABEL_PART}" if LABEL_PART in kind.selector else ""
    try:
        return api.list(kind, where, f"{LABEL_HUB}={uid}{parts}")
    except Transient as fault:
        # Before we have permissions in a new namespace, Secrets can't be read: then none of ours exist.
        if fault.reason == "NotPermitted" and not kind.fleet:
            return []
        raise


def look(api: Api, target: Target, kinds: Iterable[Kind] = OF_A_HUB) -> World:
    """Read all objects, or only these kinds. Raise Transient if one could not be read: a partial world is useless."""
    world = World(target)
    home = api.get(NAMESPACE, "", world.namespace)
    if home is None:
        return world
    if label(home, LABEL_HUB) != target.uid:
        world.foreign = True
        return world
    world.home = home
    world.objects["Namespace", world.namespace] = home
    world.versions.append(("Namespace", world.namespace, str(metadata(home)["resourceVersion"])))
    for kind in kinds:
        for live in _list(api, kind, world.namespace, target.uid):
            meta = metadata(live)
            if kind.name == "Pod":
                world.pods.append(live)
            else:  # items of a list lack apiVersion and kind
                world.objects[kind.name, meta["name"]] = {"apiVersion": kind.version, "kind": kind.name, **live}
            if kind.fleet:
                world.versions.append((kind.name, meta["name"], str(meta["resourceVersion"])))
    return world
