"""The pods that a hub's configuration comes to, as far as a cluster looks at them before it takes them. Pure.

KubeSpawner makes the real ones, in a hub's own process: hubside/kubernetes/jupyterhub_config.py sets its traits, a
choice changes them, and kubespawner 7's make_pod writes them down. tests/kubernetes/test_admission.py compares.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hubs.spec.chart import Tree
from hubs.spec.trees import get

# What the portal's hubs ask for in any case: the Pod Security Standard "restricted" wants all of it.
POD_RULES: Tree = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
CONTAINER_RULES: Tree = {
    "runAsNonRoot": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}  # fmt: skip
_USUAL = 1000  # the user of containers that name none
_TRAITS = {  # value of `singleuser`: KubeSpawner's trait
    "lifecycleHooks": "lifecycle_hooks", "uid": "uid", "fsGid": "fs_gid", "extraAnnotations": "extra_annotations",
    "extraPodConfig": "extra_pod_config",
}  # fmt: skip
_SECTIONS = ("KubeSpawner", "LimitedSpawner", "PeopleSpawner")  # of hub.config: the last one wins


@dataclass(frozen=True)
class Variant:
    """One way to start a server: a profile, with a choice that is not the usual one. "" and () without profiles."""

    name: str
    overrides: tuple[Tree, ...] = ()


def mapped(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Tree]:
    """A list of maps, or a map of them that the chart orders by key; anything else is none."""
    rows = [value[key] for key in sorted(value, key=str)] if isinstance(value, dict) else value
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def traits(values: Tree) -> Tree:
    """KubeSpawner's traits for these values."""
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
    """The name of the volume that homes are on; "" where there is none."""
    if storage.get("type") == "static":
        return "home"
    if storage.get("type") == "dynamic":
        return str(mapped(storage.get("dynamic")).get("volumeNameTemplate") or "home")
    return ""


def by_class(values: Tree) -> Tree:
    """What `hub.config` says of KubeSpawner's traits."""
    config = mapped(get(values, ("hub", "config")))
    found: Tree = {}
    for section in _SECTIONS:
        found |= copy.deepcopy(mapped(config.get(section)))
    return found


def variants(values: Tree) -> Iterator[Variant]:
    """Each profile with its usual choices, and with each of the others in turn."""
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
    """(name, override) of each answer, the usual one first."""
    rows = [mapped(one) for one in mapped(option.get("choices")).values()]
    rows.sort(key=lambda one: not one.get("default"))
    free = mapped(option.get("unlisted_choice"))
    rows += [{"display_name": "another answer", **free}] if free.get("enabled") else []
    return [(str(row.get("display_name", "")), mapped(row.get("kubespawner_override"))) for row in rows]


def chosen(base: Tree, overrides: tuple[Tree, ...]) -> Tree:
    """These traits after a choice, as KubeSpawner changes them: maps are merged, the rest is replaced."""
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
    """KubeSpawner takes both spellings of a setting of pods, containers and volumes, not of what is inside."""
    return {re.sub(r"_([a-z])", lambda found: found[1].upper(), str(key)): value for key, value in row.items()}


def pod(found: Tree) -> Tree:
    """{"annotations", "spec"}: the pod that KubeSpawner makes of these traits."""
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
    # JupyterHub counts memory in powers of 1024, Kubernetes reads "2G" as two milliards.
    for kind, bound in (("requests", "guarantee"), ("limits", "limit")):
        if f"mem_{bound}" in found and made[kind].get("memory") == found[f"mem_{bound}"]:
            made[kind]["memory"] = _bytes(found[f"mem_{bound}"])
    return made


def _bytes(size: Any) -> Any:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)", str(size))
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2] or " ")) if match else size


def uncounted(values: Tree) -> set[str]:
    """Names of what the containers of these pods ask for beside memory and CPU, such as nvidia.com/gpu."""
    base, found = traits(values), set[str]()
    for variant in variants(values):
        for _, one in containers(pod(chosen(base, variant.overrides))["spec"]):
            for kind in ("limits", "requests"):
                found |= {str(name) for name in mapped(mapped(one.get("resources")).get(kind))}
    return found - {"memory", "cpu"}


def containers(spec: Tree) -> Iterator[tuple[str, Tree]]:
    """(name, container) of all that a pod runs."""
    for key in ("initContainers", "containers", "ephemeralContainers"):
        for one in listed(spec.get(key)):
            yield str(one.get("name", "")), one
