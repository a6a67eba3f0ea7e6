"""The runtimes that this portal has, by the name in `Cluster.runtime`: the setting RUNTIMES. hubs imports no
provisioning: a class is found by its path, when somebody first asks what it can do."""

from dataclasses import replace
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from hubs.spec.capabilities import Capabilities

# Of a row whose kind this portal no longer runs, whatever was configured is shown.
_UNKNOWN = Capabilities(
    label="", offered=False, images=True, enforces_limits=True, volumes=True, pods=True, profiles=True, node_pools=True,
    network_policies=True, logs=True,
)  # fmt: skip


@cache
def _declared(path: str) -> Capabilities:
    found: Capabilities = import_string(path).capabilities
    return found


def capabilities(kind: str) -> Capabilities:
    """What clusters of this kind can do, as their runtime declares it."""
    path = settings.RUNTIMES.get(kind)
    return _declared(path) if path else replace(_UNKNOWN, label=kind)


def kinds(capability: str) -> list[str]:
    """The kinds that have this capability, in the order of the setting."""
    return [kind for kind in settings.RUNTIMES if getattr(capabilities(kind), capability)]


def offered(capability: str = "offered") -> list[str]:
    """The same, of those that staff may add."""
    return [kind for kind in kinds(capability) if capabilities(kind).offered]


def choices() -> list[tuple[str, str]]:
    """Of `Cluster.runtime`."""
    return [(kind, capabilities(kind).label) for kind in settings.RUNTIMES]
