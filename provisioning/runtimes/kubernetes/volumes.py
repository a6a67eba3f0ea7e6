"""Volumes: they only grow, and a change never removes them."""

import json
from collections.abc import Mapping
from typing import Any

from hubs.language import _
from hubs.spec.types import storage_bytes
from provisioning.contract import Part, digest
from provisioning.errors import Missing, Refused, Transient
from provisioning.names import DIGEST, FIELD_MANAGER, LABEL_HUB, LABEL_PART
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.kinds import KINDS
from provisioning.runtimes.kubernetes.world import Live, World, annotation, metadata

CLAIM = KINDS["PersistentVolumeClaim"]
CHOSEN_ONCE = ("storageClassName", "accessModes")  # immutable in Kubernetes, whatever a cluster offers later


def _asked(claim: Live) -> str:
    found = (claim.get("spec", {}).get("resources", {}).get("requests") or {}).get("storage", "0")
    return str(found)


def as_it_can_be(manifest: Mapping[str, Any], live: Live | None) -> Mapping[str, Any]:
    """Return the manifest as far as it can be applied: a volume keeps its immutable fields, and a larger size that
    someone gave it. Raise Refused if it would have to shrink."""
    if manifest["kind"] != CLAIM.name or live is None:
        return manifest
    kept = {key: live["spec"][key] for key in CHOSEN_ONCE if key in live.get("spec", {})}
    open_to_change = {key: value for key, value in manifest["spec"].items() if key not in CHOSEN_ONCE}
    asked, has = _asked(manifest), _asked(live)
    if storage_bytes(asked) < storage_bytes(has):
        if annotation(live, DIGEST) != digest(manifest):
            name = manifest["metadata"]["name"]
            said = _(
                "The volume {name} has {has} and can’t shrink to {asked}. Request {has} or more.",
                name=name,
                has=has,
                asked=asked,
            )
            raise Refused(said, "VolumeShrinks")
        kept["resources"] = {"requests": {"storage": has}}
    return {**manifest, "spec": {**open_to_change, **kept}}


def grow_homes(api: Api, world: World, part: Part) -> None:
    """Enlarge existing home volumes to the size of new ones; never shrink. Skip storage classes without expansion."""
    storage = json.loads(part.payload["ConfigMap/hub"]["data"]["values.json"])["singleuser"].get("storage", {})
    if storage.get("type") != "dynamic":
        return
    asked = str(storage["capacity"])
    selector = f"{LABEL_HUB}={world.target.uid},!{LABEL_PART}"
    for claim in api.list(CLAIM, world.namespace, selector):
        if storage_bytes(_asked(claim)) >= storage_bytes(asked):
            continue
        path, query = CLAIM.path(world.namespace, metadata(claim)["name"]), {"fieldManager": FIELD_MANAGER}
        patch = {"spec": {"resources": {"requests": {"storage": asked}}}}
        try:
            api.request("PATCH", path, query, patch, "application/merge-patch+json", doing=_("enlarge a home volume"))
        except (Refused, Missing):
            continue  # not resizable, or removed meanwhile
        except Transient as fault:
            if fault.reason != "NotPermitted":  # also the response for a class without allowVolumeExpansion
                raise
