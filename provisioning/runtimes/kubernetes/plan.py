"""What applying would change, from a dry run of the API server, and the applied objects. Secrets are masked."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hubs.language import _
from provisioning.contract import Applied, Planned, Release
from provisioning.errors import Refused
from provisioning.names import DIGEST, LABEL_PART
from provisioning.runtimes.kubernetes import compare
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.kinds import REPLACEABLE
from provisioning.runtimes.kubernetes.volumes import as_it_can_be
from provisioning.runtimes.kubernetes.world import Live, World, label

MASK = "•••"
Change = tuple[str, str, str]
# Metadata that the server maintains.
BOOKKEEPING = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # a copy of everything, including secrets


def _bare(live: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without the server's metadata, and with its secrets masked."""
    found = {key: value for key, value in live.items() if key != "status"}
    meta = {key: value for key, value in live.get("metadata", {}).items() if key not in BOOKKEEPING}
    notes = {key: value for key, value in (meta.get("annotations") or {}).items() if key != LAST_APPLIED}
    found["metadata"] = {**meta, "annotations": notes}
    if live.get("kind") == "Secret":
        found["data"] = dict.fromkeys(live.get("data") or {}, MASK)
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _opened(live: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with the JSON texts of a ConfigMap parsed, so that a difference is one line, not a whole
    file."""
    found = {key: value for key, value in live.items() if key not in ("status", "apiVersion", "kind")}
    meta = {key: value for key, value in live.get("metadata", {}).items() if key not in BOOKKEEPING}
    hidden = (DIGEST, LAST_APPLIED)
    meta["annotations"] = {k: v for k, v in (meta.get("annotations") or {}).items() if k not in hidden}
    found["metadata"] = meta
    if live.get("kind") == "ConfigMap":
        data = live.get("data") or {}
        found["data"] = {key: _parsed(text) if key.endswith(".json") else text for key, text in data.items()}
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _both_ways(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, before, after) of every field that differs."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from _both_ways(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
        return
    name = compare.identity(path)
    if name and isinstance(before, list) and isinstance(after, list):
        old, new = ({name(element): element for element in elements} for elements in (before, after))
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _both_ways(old.get(key), new.get(key), f"{path}[{key}]")
    elif before != after and (before or after):
        yield path, before, after


def _changes(before: Live, after: Live) -> tuple[Change, ...]:
    secret = before.get("kind") == "Secret"
    found = []
    for path, old, new in _both_ways(_opened(before), _opened(after)):
        hidden = secret and path.startswith("data")
        mask = [MASK if hidden and value else _text(value) for value in (old, new)]
        found.append((path, *mask))
    return tuple(found)  # type: ignore[arg-type]


def _planned(api: Api, world: World, part: str, manifest: Mapping[str, Any]) -> Planned | None:
    """Return the plan for one object; None if nothing would be sent. Raise the server's errors."""
    kind, name = str(manifest["kind"]), str(manifest["metadata"]["name"])
    live = world.objects.get((kind, name))
    wanted = as_it_can_be(manifest, live)
    if live is None:
        if world.home is not None or kind == "Namespace":
            api.apply(wanted, dry_run=True)
        return Planned(part, kind, name, "create")
    if not compare.needs_sending(manifest, wanted, live):
        return None
    try:
        after = api.apply(wanted, dry_run=True)
    except Refused as fault:
        if fault.reason != "Immutable" or kind not in REPLACEABLE:
            raise
        after = {**live, **wanted, "metadata": {**live["metadata"], **wanted["metadata"]}}  # it is replaced
    return Planned(part, kind, name, "change", _changes({**live, "kind": kind}, after))


def plan(api: Api, world: World, release: Release) -> tuple[Planned, ...]:
    """See contract.Operations. Objects in a namespace that does not exist yet can't be dry-run: they count as new."""
    if world.foreign and release.parts:
        said = _("The cluster has a namespace {name} that does not belong to the portal.", name=world.namespace)
        raise Refused(said, "NamespaceTaken")
    found: list[Planned] = []
    for part in release.parts:
        made = (_planned(api, world, part.name, manifest) for manifest in part.payload.values())
        found += [one for one in made if one]
        found += [Planned(part.name, kind, name, "delete") for kind, name in world.surplus(part)]
    wanted = {part.name for part in release.parts}
    for name in world.parts():
        if name not in wanted:
            found += [Planned(name, kind, object_name, "delete") for kind, object_name in world.of_part(name)]
    return tuple(found)


def applied(world: World) -> tuple[Applied, ...]:
    """See contract.Operations.objects."""
    return tuple(
        Applied(label(live, LABEL_PART), kind, name, _bare({**live, "kind": kind}), tuple(compare.others(live)))
        for (kind, name), live in world.objects.items()
    )
