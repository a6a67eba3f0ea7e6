"""Shapes that the real classes know: traits of JupyterHub, KubeSpawner and the authenticators, and Kubernetes' objects
of a pod. Written to hubs/spec/chart/classes.json, which tests/test_shapes_known.py compares with them."""

import contextlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import traitlets
import yaml
from jupyterhub.app import JupyterHub  # type: ignore[import-untyped]
from jupyterhub.auth import Authenticator  # type: ignore[import-untyped]
from jupyterhub.scopes import scope_definitions  # type: ignore[import-untyped]
from jupyterhub.services.service import Service  # type: ignore[import-untyped]
from jupyterhub.spawner import Spawner  # type: ignore[import-untyped]
from jupyterhub.traitlets import ByteSpecification, Command  # type: ignore[import-untyped]
from kubernetes_asyncio.client import Configuration, models
from kubespawner import KubeSpawner  # type: ignore[import-untyped]
from ltiauthenticator.lti11.auth import LTI11Authenticator  # type: ignore[import-untyped]
from ltiauthenticator.lti13.auth import LTI13Authenticator  # type: ignore[import-untyped]

from hubs.spec.chart.newer import CODE, CONTAINERS, LIST, MEMORY, TEXT
from hubs.spec.secrets import THEIRS

Schema = dict[str, Any]
ROOTS = ("V1PodSpec", "V1Container", "V1Volume", "V1VolumeMount", "V1Toleration", "V1Lifecycle")
PLAIN = {"str": "string", "int": "integer", "bool": "boolean", "float": "number", "datetime": "string"}
NAMES = ("admin_users", "allowed_users", "blocked_users", "whitelist")
LISTS_OF = {  # KubeSpawner makes these objects of the entries of its lists
    "volumes": "V1Volume", "volume_mounts": "V1VolumeMount", "init_containers": "V1Container",
    "extra_containers": "V1Container", "tolerations": "V1Toleration",
}  # fmt: skip
# A variable of a server: text, or Kubernetes' V1EnvVar.
VARIABLE: Schema = {
    "type": ["string", "object"], "of": "Kubernetes", "additionalProperties": False,
    "properties": {"name": TEXT, "value": TEXT, "valueFrom": {"type": "object"}, "value_from": {"type": "object"}},
}  # fmt: skip


# --- Kubernetes -------------------------------------------------------------------------------------------------------
def _kubernetes(kind: str) -> Schema:
    if match := re.fullmatch(r"list\[(.*)\]", kind):
        return {"type": "array", "items": _kubernetes(match[1])}
    if match := re.fullmatch(r"dict\(str, (.*)\)", kind):
        return {"type": "object", "additionalProperties": _kubernetes(match[1])}
    if kind in PLAIN:
        return {"type": PLAIN[kind]}
    return {} if kind == "object" else {"$ref": f"#/definitions/{kind}"}


def _needed(model: type[Any]) -> list[str]:
    """Return the attributes that an object of Kubernetes requires: its model does not accept None for them."""
    found, empty = [], model.__new__(model)  # type: ignore[call-overload]
    empty.local_vars_configuration = Configuration()
    for attribute in model.openapi_types:
        try:
            setattr(empty, attribute, None)
        except ValueError:
            found.append(attribute)
    return found


def objects() -> Schema:
    """Return every object that a pod's spec is made of. KubeSpawner accepts the outermost keys in snake case, too."""
    found: Schema = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        model = getattr(models, name)
        known = {}
        for attribute, kind in model.openapi_types.items():
            rule = _kubernetes(kind)
            if name == "V1ResourceRequirements" and kind.startswith("dict"):
                rule = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
            if (name, attribute) == ("V1PodSpec", "containers"):
                rule = dict(CONTAINERS)
            known[model.attribute_map[attribute]] = rule
            if name in ROOTS:
                known[attribute] = rule
            waiting += re.findall(r"\w*V1\w+", kind)
        either = [sorted({model.attribute_map[one], one}) for one in _needed(model) if name != "V1PodSpec"]
        found[name] = {
            "type": "object", "of": "Kubernetes", "additionalProperties": name not in ROOTS,
            "properties": dict(sorted(known.items())), **({"needs": either} if either else {}),
        }  # fmt: skip
    found["PartOfV1Container"] = {key: said for key, said in found["V1Container"].items() if key != "needs"}
    return dict(sorted(found.items()))


# --- traits -----------------------------------------------------------------------------------------------------------
def _trait(trait: Any) -> Schema:
    """Return the rule for a value from YAML; {} when any value is valid."""
    rule: Schema = {}
    if type(trait).__name__ == "Callable" or str(trait.name).endswith("_hook"):
        return dict(CODE)
    match trait:
        case ByteSpecification():
            return dict(MEMORY)
        case Command():
            least = {"minItems": trait._minlen} if trait._minlen else {}
            return {"type": ["array", "string"], "items": {"type": "string"}, **least}
        case traitlets.CUnicode():
            return {"type": ["string", "number", "boolean"]}
        case traitlets.Enum():
            return {"enum": sorted(trait.values, key=str)} if trait.values else {}
        case traitlets.Union():
            rules = [one for one in map(_trait, trait.trait_types) if one != CODE]
            if not all("type" in one for one in rules):
                return {}
            kinds = [kind for one in rules for kind in ([one["type"]] if isinstance(one["type"], str) else one["type"])]
            return {**{key: said for one in rules for key, said in one.items()}, "type": sorted(set(kinds))}
        case traitlets.Bool():
            rule = {"type": "boolean"}
        case traitlets.Int() | traitlets.Float():
            rule = {"type": "integer" if isinstance(trait, traitlets.Int) else "number"}
            bounds = {"minimum": trait.min, "maximum": trait.max}
            rule |= {name: bound for name, bound in bounds.items() if bound is not None and abs(bound) < 2**60}
        case traitlets.Unicode() | traitlets.Type():
            rule = {"type": "string"}
        case traitlets.List() | traitlets.Set() | traitlets.Tuple():
            inner = _trait(trait._trait) if getattr(trait, "_trait", None) else {}
            if (
                isinstance(trait, traitlets.Set) and not inner
            ):  # a list in it, or a number as a name, would keep the hub from starting
                inner = dict(TEXT) if str(trait.name) in NAMES else {"type": ["string", "integer"]}
            fewest = len(trait._traits) if isinstance(trait, traitlets.Tuple) else trait._minlen
            rule = {
                "type": "array", **({"items": inner} if inner else {}), **({"minItems": fewest} if fewest else {})
            }  # fmt: skip
        case traitlets.Dict():
            inner = _trait(trait._value_trait) if getattr(trait, "_value_trait", None) else {}
            rule = {"type": "object", **({"additionalProperties": inner} if inner else {})}
    return rule


@cache
def _classes() -> list[type[Any]]:
    found = []
    for entry in entry_points(group="jupyterhub.authenticators"):
        with contextlib.suppress(ModuleNotFoundError):  # a class of a provider that none of our hubs know
            found.append(entry.load())
    found += [JupyterHub, Spawner, KubeSpawner, LTI11Authenticator, LTI13Authenticator, Authenticator]
    bases = (Authenticator, Spawner, JupyterHub)
    every = {parent for one in found for parent in one.__mro__ if issubclass(parent, bases)}
    return sorted(every, key=lambda one: one.__name__)


def traits() -> Schema:
    """Return {class: {trait: rule}} of what `hub.config` may set."""
    found: Schema = {}
    for one in _classes():
        known = {name: _trait(trait) for name, trait in one.class_traits(config=True).items()}
        if one is JupyterHub:
            known = {name: rule for name, rule in known.items() if name in THEIRS}
            known["authenticator_class"] = {"type": "string", "format": "sign-in"}
        if issubclass(one, KubeSpawner):
            known |= {name: {**LIST, "items": {"$ref": f"#/definitions/{kind}"}} for name, kind in LISTS_OF.items()}
            known |= {
                "extra_pod_config": {"$ref": "#/definitions/V1PodSpec"},
                "extra_container_config": {"$ref": "#/definitions/PartOfV1Container"},
                "lifecycle_hooks": {"$ref": "#/definitions/V1Lifecycle"},
                "profile_list": {"$ref": "#/definitions/ProfileList"},
            }
        if issubclass(one, Spawner):
            known["environment"] = {"type": "object", "additionalProperties": dict(VARIABLE)}
        if "idps" in known:  # the class has a schema of its own
            rules = yaml.safe_load((files("oauthenticator") / "schemas" / "cilogon-schema.yaml").read_text("utf-8"))
            known["idps"] = {"type": "object", "additionalProperties": {k: rules[k] for k in rules if k != "$schema"}}
        found[one.__name__] = dict(sorted(known.items()))
    return found


def known() -> Schema:
    names = sorted(entry.name for entry in entry_points(group="jupyterhub.authenticators"))
    return {
        "definitions": objects(), "classes": traits(), "sign-ins": [*names, "lti11", "lti13"],
        "scopes": sorted(scope_definitions), "service": sorted({*Service.class_traits(input=True)} - {"command"}),
    }  # fmt: skip


def real_trait(class_name: str, name: str, value: Any) -> bool:
    """Return whether the real trait accepts this value."""
    [one] = [one for one in _classes() if one.__name__ == class_name]
    try:
        one.class_traits()[name]._validate(one.__new__(one), value)  # type: ignore[call-overload]
    except (traitlets.TraitError, jsonschema.ValidationError, TypeError, ValueError, AttributeError):
        return False
    return True


def own_traits() -> Iterator[tuple[str, str]]:
    """Yield (class, trait) of every trait that `hub.config` may set, each once."""
    seen = set()
    for name, known in traits().items():
        for trait in known:
            [one] = [one for one in _classes() if one.__name__ == name]
            if (key := (one.class_traits()[trait].this_class, trait)) not in seen:
                seen.add(key)
                yield name, trait
