"""Compare rendered manifests with live objects to detect manual changes. Pure.

The portal owns what it renders and nothing else: labels, keys or containers that others add are theirs (server-side
apply keeps them, too). A rendered field that differs is a difference, whoever wrote it. Where Kubernetes treats a list
or map as one value, or where an addition would grant more access, additions are differences as well.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hubs.language import _, plural
from provisioning.contract import digest
from provisioning.names import DIGEST, FIELD_MANAGER

# Lists whose elements have keys (Kubernetes' "x-kubernetes-list-type: map"). Elements added by others are not ours.
KEYED: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
}
_PORTS = re.compile(r"containers\[[^]]*\]\.ports$")
# Fields that Kubernetes treats as one value, or that control access: additions are differences, too.
EXACT = {
    "NetworkPolicy": ("spec",),
    "Role": ("rules",),
    "RoleBinding": ("roleRef", "subjects"),
    "Service": ("spec.selector",),
}
# They write to objects by design; their fields are not manual changes.
CONTROLLERS = ("kube-controller-manager", "kube-scheduler", "kubelet")
Found = Iterator[tuple[str, Any, Any]]


def identity(path: str) -> Callable[[Mapping[str, Any]], str] | None:
    """Return the function that identifies elements of the list at this path; None if the list is one value."""
    keys = KEYED.get(path.rsplit(".", 1)[-1], ())
    if path == "spec.ports":  # a Service's; those of a NetworkPolicy's rules are one value
        keys = ("port", "protocol")
    elif _PORTS.search(path):
        keys = ("containerPort", "protocol")
    return (lambda element: "/".join(str(element.get(key, "")) for key in keys)) if keys else None


def differences(wanted: Any, live: Any, path: str = "", exact: tuple[str, ...] | None = None) -> Found:
    """Yield (path, wanted, live) of every rendered field that differs."""
    if exact is None:
        exact = EXACT.get(wanted.get("kind", ""), ()) if isinstance(wanted, Mapping) else ()
    if isinstance(wanted, Mapping):
        if not isinstance(live, Mapping):
            if wanted or live:
                yield path, wanted, live
            return
        for key, value in wanted.items():
            yield from differences(value, live.get(key), f"{path}.{key}" if path else str(key), exact)
        if path.startswith(exact) and exact:
            for key in live:
                if key not in wanted and live[key]:
                    yield f"{path}.{key}", None, live[key]
    elif isinstance(wanted, list):
        yield from _in_list(wanted, live, path, exact)
    elif wanted != live and (wanted or live):  # the server may omit an empty value
        yield path, wanted, live


def _in_list(wanted: list[Any], live: Any, path: str, exact: tuple[str, ...]) -> Found:
    name = identity(path)
    have = live if isinstance(live, list) else []
    if name:
        by_name = {name(element): element for element in have}
        for element in wanted:
            yield from differences(element, by_name.get(name(element)), f"{path}[{name(element)}]", exact)
    elif len(wanted) != len(have):
        yield path, wanted, live
    else:
        for index, (one, other) in enumerate(zip(wanted, have, strict=True)):
            yield from differences(one, other, f"{path}[{index}]", exact)


def needs_sending(manifest: Mapping[str, Any], wanted: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """Return whether the manifest was not the last one sent, or was changed since. `wanted`: see
    volumes.as_it_can_be."""
    sent = (live.get("metadata", {}).get("annotations") or {}).get(DIGEST, "")
    return sent != digest(manifest) or any(differences(wanted, live))


def others(live: Mapping[str, Any]) -> list[str]:
    """Return other field managers that wrote to this object (except its status), newest first."""
    entries = [
        entry
        for entry in live.get("metadata", {}).get("managedFields", [])
        if entry.get("manager") != FIELD_MANAGER
        and entry.get("subresource") != "status"  # "scale" counts: people use it to stop a hub manually
        and not str(entry.get("manager", "")).startswith(CONTROLLERS)
    ]
    entries.sort(key=lambda entry: entry.get("time", ""), reverse=True)
    return list(dict.fromkeys(str(entry.get("manager", "unknown")) for entry in entries))


def sentence(kind: str, name: str, found: list[tuple[str, Any, Any]], live: Mapping[str, Any]) -> str:
    """Return a sentence for the timeline: which fields, and by whom. No values: they may be secret."""
    paths = [path for path, _wanted, _live in found]
    fields = ", ".join(paths[:3])
    if more := len(paths[3:]):
        fields = plural("{fields} and {count} more", "{fields} and {count} more", more, fields=fields)
    if by := others(live):
        return _("{manager} changed {fields} of {kind} {name}", manager=by[0], fields=fields, kind=kind, name=name)
    return _("{fields} of {kind} {name} changed", fields=fields, kind=kind, name=name)
