"""A patch of the bundled schema, for settings of newer charts and of the portal's hubs.

Source: the chart's main branch of 2026 and KubeSpawner 7.1. A list of maps may also be a map: its keys order the
entries, and null entries are left out. `ordered` marks such a list; `format` names a check in hubs.spec.shape.
"""

import json
from pathlib import Path
from typing import Any

from hubs.language import lazy

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
MAP: Schema = {"type": "object", "additionalProperties": True}
TEXTS: Schema = {"type": "array", "items": TEXT}
LIST: Schema = {"type": ["array", "object", "null"], "items": MAP, "ordered": True}
CODE: Schema = {"enum": [None], "of": "code"}  # a function, which a file can't contain
CONTAINERS: Schema = {"enum": [None], "of": "pod"}  # of a pod: replacing the person's own would leave no server
MEMORY: Schema = {"type": ["number", "string", "null"], "format": "memory"}


def _list_of(name: str) -> Schema:
    return {**LIST, "items": {"$ref": f"#/definitions/{name}"}}


def _maps(names: str, said: str, **known: Schema) -> Schema:
    """Return the schema of a map with user-defined names and values of one type."""
    each = {"type": "object", "additionalProperties": True, "properties": known}
    return {"type": "object", "additionalProperties": each, "names": names, "names-are": said}


# As checked by JupyterHub: jupyterhub.roles, jupyterhub.services.service.
SERVICES = _maps(
    r"[A-Za-z0-9][A-Za-z0-9._-]*",
    lazy("The name of a service can contain only letters, digits, dots, underscores and hyphens."),
    name=TEXT, url=TEXT, api_token=TEXT, apiToken=TEXT, oauth_client_id=TEXT, oauth_redirect_uri=TEXT, cwd=TEXT,
    user=TEXT, admin={"type": "boolean"}, display={"type": "boolean"}, oauth_no_confirm={"type": "boolean"},
    info=MAP, environment=MAP, oauth_client_allowed_scopes=TEXTS, oauth_roles=TEXTS, timeout={"type": "integer"},
)  # fmt: skip
ROLES = _maps(
    r"[a-z][a-z0-9~._-]{1,253}[a-z0-9]",
    lazy("A role’s name needs at least three lower-case letters, digits, dots or hyphens, and begins with a letter."),
    name=TEXT, description=TEXT, scopes=TEXTS, users=TEXTS, groups=TEXTS, services=TEXTS,
)  # fmt: skip
OVERRIDE: Schema = {"$ref": "#/definitions/KubeSpawner"}
CHOICE: Schema = {
    **MAP, "properties": {"display_name": TEXT, "default": {"type": "boolean"}, "kubespawner_override": OVERRIDE}
}  # fmt: skip
FREE: Schema = {
    **MAP,
    "properties": {
        "enabled": {"type": "boolean"}, "display_name_in_choices": TEXT, "display_name": TEXT,
        "validation_regex": TEXT, "validation_message": TEXT, "kubespawner_override": OVERRIDE,
    },
}  # fmt: skip
OPTION: Schema = {
    **MAP,
    "properties": {
        "display_name": TEXT, "choices": {**MAP, "additionalProperties": CHOICE}, "unlisted_choice": FREE,
    },
}  # fmt: skip
PROFILE: Schema = {
    **MAP, "required": ["display_name"],
    "properties": {
        "display_name": TEXT, "slug": TEXT, "description": TEXT, "default": {"type": "boolean"},
        "kubespawner_override": OVERRIDE, "profile_options": {**MAP, "additionalProperties": OPTION},
    },
}  # fmt: skip
DEFINITIONS: Schema = {"Profile": PROFILE, "ProfileList": {**LIST, "items": PROFILE}}
PATCHES: dict[str, Schema] = {
    **dict.fromkeys(
        (
            "hub.initContainers", "hub.extraContainers", "hub.extraVolumes", "hub.extraVolumeMounts",
            "singleuser.extraNodeAffinity.required", "singleuser.extraNodeAffinity.preferred",
            "singleuser.extraPodAffinity.required", "singleuser.extraPodAffinity.preferred",
            "singleuser.extraPodAntiAffinity.required", "singleuser.extraPodAntiAffinity.preferred",
        ),
        LIST,
    ),
    "singleuser.initContainers": _list_of("V1Container"),
    "singleuser.extraContainers": _list_of("V1Container"),
    "singleuser.extraTolerations": _list_of("V1Toleration"),
    "singleuser.storage.extraVolumes": _list_of("V1Volume"),
    "singleuser.storage.extraVolumeMounts": _list_of("V1VolumeMount"),
    "custom.singleuserAdmin.extraVolumeMounts": _list_of("V1VolumeMount"),
    "singleuser.profileList": _list_of("Profile"),
    "singleuser.extraPodConfig": {"$ref": "#/definitions/V1PodSpec"},
    "singleuser.lifecycleHooks": {"$ref": "#/definitions/V1Lifecycle"},
    "singleuser.networkPolicy.egress": {"type": "array", "items": MAP},
    "singleuser.networkPolicy.ingress": {"type": "array", "items": MAP},
    "hub.services": SERVICES,
    "hub.loadRoles": ROLES,
    "hub.templatePaths": TEXTS,
    "singleuser.memory.limit": MEMORY,
    "singleuser.memory.guarantee": MEMORY,
    "singleuser.storage.capacity": {"type": ["string", "null"], "format": "storage"},
    "singleuser.cmd": {"type": ["array", "string", "null"], "items": TEXT},
    "singleuser.nodeSelector": {"type": "object", "additionalProperties": TEXT},
    "singleuser.image.pullSecrets": {"type": "array", "items": {"type": ["string", "object"]}},
    "singleuser.extraResource.limits": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
    "singleuser.extraResource.guarantees": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
    "singleuser.extraEnv": {"type": ["object", "array"], "format": "environment"},
}  # fmt: skip


def _sections(node: Schema) -> None:
    """Mark sections of the chart, whose missing keys have defaults, unlike those of user-defined entries."""
    if "required" in node:
        node["whole"] = False
    for below in node.get("properties", {}).values():
        _sections(below)


def patched(schema: Schema) -> Schema:
    """Add newer settings and the traits of the real classes to the bundled schema, in place, and return it."""
    known = json.loads((Path(__file__).parent / "classes.json").read_text(encoding="utf-8"))
    classes = {name: {**MAP, "properties": traits, "kept": True} for name, traits in known["classes"].items()}
    schema["definitions"] = {**known["definitions"], **DEFINITIONS, "KubeSpawner": {**classes["KubeSpawner"]}}
    schema["definitions"]["V1Container"]["needs"] += [
        ["image"]
    ]  # required by Kubernetes' API, although not by its model
    schema |= {name: known[name] for name in ("sign-ins", "scopes", "service")}
    _sections(schema)
    schema["properties"]["hub"]["properties"]["config"]["properties"] = classes
    for path, patch in PATCHES.items():
        *above, last = path.split(".")
        place = schema
        for name in above:
            place = place["properties"].setdefault(name, {"type": "object", "additionalProperties": True})
            place.setdefault("properties", {})
        place["properties"][last] = patch
    return schema
