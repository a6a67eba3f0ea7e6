"""The pods that a hub's configuration results in, as far as a cluster checks them on admission. Pure.

KubeSpawner makes the real pods in the hub's process: hubside/kubernetes/jupyterhub_config.py sets its traits, a choice
changes them, and kubespawner 7's make_pod builds the pod. tests/kubernetes/test_admission.py compares the results.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hubs.language import _
from hubs.spec.chart import Tree
from hubs.spec.trees import get

# Set for every hub of the portal, because the Pod Security Standard "restricted" requires all of it.
POD_RULES: Tree = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER_RULES: Tree = {
    "runAsNonRoot": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}  # fmt: skip
_USUAL = 1000  # user ID of containers that set none
_TRAITS = {  # value of `singleuser`: KubeSpawner's trait
    "lifecycleHooks": "lifecycle_hooks", "uid": "uid", "fsGid": "fs_gid", "extraAnnotations": "extra_annotations",
    "extraPodConfig": "extra_pod_config",
}  # fmt: skip
_SECTIONS = ("KubeSpawner", "LimitedSpawner", "PeopleSpawner")  # of hub.config: the last one wins


@dataclass(frozen=True)
class Variant:
    """One way to start a server: a profile with its default choices or one other choice. "" and () without profiles."""

    name: str
    overrides: tuple[Tree, ...] = ()


def mapped(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Tree]:
    """Return the maps of a list, or of a map that the chart orders by key; [] for anything else."""
    rows = [value[key] for key in sorted(value, key=str)] if isinstance(value, dict) else value
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def traits(values: Tree) -> Tree:
    """Return KubeSpawner's traits for these values."""
    user = mapped(values.get("singleuser"))
    storage = mapped(user.get("storage"))
    found: Tree = {
        "privileged": False, "allow_privilege_escalation": False, "cpu_guarantee": 0.001,
        "pod_security_context": copy.deepcopy(POD_RULES), "container_security_context": copy.deepcopy(CONTAINER_RULES),
        "extra_container_config": {}, "extra_pod_config": {}, "extra_annotations": {}, "lifecycle_hooks": {},
    }  # fmt: skip
    found |= {trait: copy.deepcopy(user[key]) for key, trait in _TRAITS.items() if user.get(key) is not None}
    for size, short in (("memory", "mem"), ("cpu", "cpu")):
        said = mapped(user.get(size))
        found |= {f"{short}_{bound}": said[bound] for bound in ("limit", "guarantee") if said.get(bound)}
    for bound in ("limits", "guarantees"):
        found[f"extra_resource_{bound}"] = dict(mapped(get(user, ("extraResource", bound))))
    rules = {"runAsUser": user.get("uid", _USUAL), **CONTAINER_RULES}
    for key, trait in (("initContainers", "init_containers"), ("extraContainers", "extra_containers")):
        rows = listed(user.get(key))
        found[trait] = [{**one, "securityContext": {**rules, **mapped(one.get("securityContext"))}} for one in rows]
    found["volumes"] = listed(storage.get("extraVolumes"))
    home = _homes_volume(storage)
    if home:
        found["volumes"] = [{"name": home, "persistentVolumeClaim": {"claimName": "home"}}, *found["volumes"]]
    if user.get("extraFiles"):
        found["volumes"].append({"name": "files", "configMap": {"name": "singleuser-files"}})
    admins = listed(get(values, ("custom", "singleuserAdmin", "extraVolumeMounts")))
    found["volume_mounts"] = [*listed(storage.get("extraVolumeMounts")), *admins]
    if storage.get("type") == "dynamic":
        found["storage_capacity"] = storage.get("capacity", "10Gi")
    return found | by_class(values)


def _homes_volume(storage: Tree) -> str:
    """Return the name of the volume for home directories; "" if there is none."""
    if storage.get("type") == "static":
        return "home"
    if storage.get("type") == "dynamic":
        return str(mapped(storage.get("dynamic")).get("volumeNameTemplate") or "home")
    return ""


def by_class(values: Tree) -> Tree:
    """Return KubeSpawner's traits that `hub.config` sets."""
    config = mapped(get(values, ("hub", "config")))
    found: Tree = {}
    for section in _SECTIONS:
        found |= copy.deepcopy(mapped(config.get(section)))
    return found


def variants(values: Tree) -> Iterator[Variant]:
    """Yield each profile with its default choices, and with each other choice in turn."""
    profiles = listed(get(values, ("singleuser", "profileList")))
    if not profiles:
        yield Variant("")
    for profile in profiles:
        name, own = str(profile.get("display_name", "")), mapped(profile.get("kubespawner_override"))
        options = {key: _choices(mapped(option)) for key, option in mapped(profile.get("profile_options")).items()}
        usual = {key: choices[0][1] for key, choices in options.items() if choices}
        yield Variant(name, (own, *usual.values()))
        for key, choices in options.items():
            for label, override in choices[1:]:
                yield Variant(f"{name} › {label}", (own, *{**usual, key: override}.values()))


def _choices(option: Tree) -> list[tuple[str, Tree]]:
    """Return (name, override) of each choice, the default first."""
    rows = [mapped(one) for one in mapped(option.get("choices")).values()]
    rows.sort(key=lambda one: not one.get("default"))
    free = mapped(option.get("unlisted_choice"))
    rows += [{"display_name": _("Another answer"), **free}] if free.get("enabled") else []
    return [(str(row.get("display_name", "")), mapped(row.get("kubespawner_override"))) for row in rows]


def chosen(base: Tree, overrides: tuple[Tree, ...]) -> Tree:
    """Return the traits with these overrides, applied as KubeSpawner does: maps are merged, all else is replaced."""
    found = copy.deepcopy(base)
    for override in overrides:
        for name, value in override.items():
            if isinstance(value, dict) and isinstance(found.get(name), dict):
                _merge(found[name], value)
            else:
                found[name] = copy.deepcopy(value)
    return found


def _merge(target: Tree, new: Mapping[str, Any]) -> None:
    for key, value in new.items():
        if isinstance(value, dict):
            if not isinstance(target.get(key), dict):
                target[key] = {}
            _merge(target[key], value)
        elif value is None:
            target.pop(key, None)
        else:
            target[key] = copy.deepcopy(value)


def _camel(row: Tree) -> Tree:
    """Return the map with keys in camelCase. KubeSpawner also accepts snake_case, but only at this level."""
    return {re.sub(r"_([a-z])", lambda found: found[1].upper(), str(key)): value for key, value in row.items()}


def pod(found: Tree) -> Tree:
    """Return the pod that KubeSpawner makes from these traits: {"annotations", "spec"}."""
    inside: Tree = {}
    for trait, key in (("uid", "runAsUser"), ("gid", "runAsGroup"), ("allow_privilege_escalation",
                       "allowPrivilegeEscalation")):  # fmt: skip
        if found.get(trait) is not None:
            inside[key] = found[trait]
    if found.get("privileged"):
        inside["privileged"] = True
    notebook: Tree = {
        "name": "notebook",
        "securityContext": {**inside, **mapped(found.get("container_security_context"))},
        "lifecycle": mapped(found.get("lifecycle_hooks")),
        "resources": _resources(found),
        "volumeMounts": listed(found.get("volume_mounts")),
        **_camel(mapped(found.get("extra_container_config"))),
    }
    spec: Tree = {
        "securityContext": dict(mapped(found.get("pod_security_context"))),
        "containers": [notebook, *map(_camel, listed(found.get("extra_containers")))],
        "initContainers": [*map(_camel, listed(found.get("init_containers")))],
        "volumes": [*map(_camel, listed(found.get("volumes")))],
        **_camel(mapped(found.get("extra_pod_config"))),
    }
    return {"annotations": mapped(found.get("extra_annotations")), "spec": spec}


def _resources(found: Tree) -> Tree:
    made: Tree = {}
    for kind, bound in (("requests", "guarantee"), ("limits", "limit")):
        sizes = {name: found.get(f"{short}_{bound}") for name, short in (("cpu", "cpu"), ("memory", "mem"))}
        made[kind] = {name: value for name, value in sizes.items() if value}
        made[kind] |= mapped(found.get(f"extra_resource_{'limits' if kind == 'limits' else 'guarantees'}"))
    # For JupyterHub, "2G" is 2 * 1024**3 bytes; for Kubernetes, it is 2 * 10**9.
    for kind, bound in (("requests", "guarantee"), ("limits", "limit")):
        if f"mem_{bound}" in found and made[kind].get("memory") == found[f"mem_{bound}"]:
            made[kind]["memory"] = _bytes(found[f"mem_{bound}"])
    return made


def _bytes(size: Any) -> Any:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)", str(size))
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2] or " ")) if match else size


def uncounted(values: Tree) -> set[str]:
    """Return the names of resources that these pods request besides memory and CPU, such as nvidia.com/gpu."""
    base, found = traits(values), set[str]()
    for variant in variants(values):
        for __, one in containers(pod(chosen(base, variant.overrides))["spec"]):
            for kind in ("limits", "requests"):
                found |= {str(resource) for resource in mapped(mapped(one.get("resources")).get(kind))}
    return found - {"memory", "cpu"}


def containers(spec: Tree) -> Iterator[tuple[str, Tree]]:
    """Yield (name, container) of all containers of a pod."""
    for key in ("initContainers", "containers", "ephemeralContainers"):
        for one in listed(spec.get(key)):
            yield str(one.get("name", "")), one
