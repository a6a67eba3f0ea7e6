"""What newer charts and the hubs of the portal take beyond the bundled schema, in one place: a patch of that schema.

Source: the chart's main branch of 2026 and KubeSpawner 7.1. A list of maps may also be a map: its keys order the
entries, and an entry that is null is left out. `ordered` marks such a list; `format` names a check of hubs.spec.shape.
"""

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
MAP: Schema = {"type": "object", "additionalProperties": True}
TEXTS: Schema = {"type": "array", "items": TEXT}
LIST: Schema = {"type": ["array", "object", "null"], "items": MAP, "ordered": True}
MEMORY: Schema = {"type": ["number", "string", "null"], "format": "memory"}


def _maps(**known: Schema) -> Schema:
    """Maps of any name, all alike."""
    each = {"type": "object", "additionalProperties": True, "properties": known}
    return {"type": "object", "additionalProperties": each}


SERVICES = _maps(
    name=TEXT, url=TEXT, api_token=TEXT, apiToken=TEXT, oauth_client_id=TEXT, oauth_redirect_uri=TEXT, cwd=TEXT,
    user=TEXT, admin={"type": "boolean"}, display={"type": "boolean"}, oauth_no_confirm={"type": "boolean"},
    info=MAP, environment=MAP, oauth_client_allowed_scopes=TEXTS, oauth_roles=TEXTS, timeout={"type": "integer"},
)  # fmt: skip
ROLES = _maps(name=TEXT, description=TEXT, scopes=TEXTS, users=TEXTS, groups=TEXTS, services=TEXTS)
PATCHES: dict[str, Schema] = {
    **dict.fromkeys(
        (
            "hub.initContainers", "hub.extraContainers", "hub.extraVolumes", "hub.extraVolumeMounts",
            "singleuser.initContainers", "singleuser.extraContainers", "singleuser.profileList",
            "singleuser.extraTolerations", "singleuser.storage.extraVolumes", "singleuser.storage.extraVolumeMounts",
            "singleuser.extraNodeAffinity.required", "singleuser.extraNodeAffinity.preferred",
            "singleuser.extraPodAffinity.required", "singleuser.extraPodAffinity.preferred",
            "singleuser.extraPodAntiAffinity.required", "singleuser.extraPodAntiAffinity.preferred",
            "custom.singleuserAdmin.extraVolumeMounts",
        ),
        LIST,
    ),
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


def patched(schema: Schema) -> Schema:
    """The bundled schema with what is newer, in place."""
    for path, patch in PATCHES.items():
        *above, last = path.split(".")
        place = schema
        for name in above:
            place = place["properties"].setdefault(name, {"type": "object", "additionalProperties": True})
            place.setdefault("properties", {})
        place["properties"][last] = patch
    return schema
