"""What was rendered against what stands in the cluster: who changed what by hand. Pure.

We own what we render and nothing else: a label, a key or a container that somebody added is theirs (server-side apply
keeps it, too). A field that we render and that differs is a difference, whoever wrote it; where Kubernetes takes a list
or a map as one value, or where something more would open a door, what was added differs as well.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioning.contract import digest
from provisioning.names import DIGEST, FIELD_MANAGER

# Lists whose elements have an identity (Kubernetes' "x-kubernetes-list-type: map"). Elements of others are not ours.
KEYED: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
}
_PORTS = re.compile(r"containers\[[^]]*\]\.ports$")
# What is one value to Kubernetes, or decides who may do or reach what: more than we rendered is a difference, too.
EXACT = {
    "NetworkPolicy": ("spec",),
    "Role": ("rules",),
    "RoleBinding": ("roleRef", "subjects"),
    "Service": ("spec.selector",),
}
# They write into objects as their duty; what they own is no edit by hand.
CONTROLLERS = ("kube-controller-manager", "kube-scheduler", "kubelet")
Found = Iterator[tuple[str, Any, Any]]


def identity(path: str) -> Callable[[Mapping[str, Any]], str] | None:
    """What tells the elements of the list at this path apart; None where the list is one value."""
    keys = KEYED.get(path.rsplit(".", 1)[-1], ())
    if path == "spec.ports":  # a Service's; those of a NetworkPolicy's rules are one value
        keys = ("port", "protocol")
    elif _PORTS.search(path):
        keys = ("containerPort", "protocol")
    return (lambda element: "/".join(str(element.get(key, "")) for key in keys)) if keys else None


def differences(wanted: Any, live: Any, path: str = "", exact: tuple[str, ...] | None = None) -> Found:
    """(path, wanted, live) of every rendered field that is not so."""
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
    elif wanted != live and (wanted or live):  # an empty value may be left out by the server
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
    """Was something else sent last, or is it no longer so? `wanted`: the manifest, as far as it can come true."""
    sent = (live.get("metadata", {}).get("annotations") or {}).get(DIGEST, "")
    return sent != digest(manifest) or any(differences(wanted, live))


def others(live: Mapping[str, Any]) -> list[str]:
    """Field managers beside us that wrote into this object (never into its status), newest first."""
    entries = [
        entry
        for entry in live.get("metadata", {}).get("managedFields", [])
        if entry.get("manager") != FIELD_MANAGER
        and entry.get("subresource") != "status"  # "scale" counts: it is how people stop a hub by hand
        and not str(entry.get("manager", "")).startswith(CONTROLLERS)
    ]
    entries.sort(key=lambda entry: entry.get("time", ""), reverse=True)
    return list(dict.fromkeys(str(entry.get("manager", "unknown")) for entry in entries))


def sentence(kind: str, name: str, found: list[tuple[str, Any, Any]], live: Mapping[str, Any]) -> str:
    """For the timeline: which fields, and by whom. No values: they may be secret."""
    paths = [path for path, _, _ in found]
    fields = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    by = others(live)
    return f"{by[0]} changed {fields} of {kind} {name}" if by else f"{fields} of {kind} {name} changed"
