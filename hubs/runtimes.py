"""The runtimes of this portal (the setting RUNTIMES), by the name in `Cluster.runtime`. hubs must not import
provisioning, so classes are imported by their path on first use."""

from dataclasses import replace
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from hubs.spec.capabilities import Capabilities

# For rows whose runtime is no longer configured: pages show everything that was set.
_UNKNOWN = Capabilities(
    label="", offered=False, images=True, enforces_limits=True, volumes=True, pods=True, profiles=True, node_pools=True,
    network_policies=True, logs=True,
)  # fmt: skip


@cache
def _declared(path: str) -> Capabilities:
    found: Capabilities = import_string(path).capabilities
    return found


def capabilities(kind: str) -> Capabilities:
    """Return the capabilities of clusters with this runtime, as the runtime declares them."""
    path = settings.RUNTIMES.get(kind)
    return _declared(path) if path else replace(_UNKNOWN, label=kind)


def kinds(capability: str) -> list[str]:
    """Return the runtimes with this capability, in the order of the setting."""
    return [kind for kind in settings.RUNTIMES if getattr(capabilities(kind), capability)]


def offered(capability: str = "offered") -> list[str]:
    """As `kinds`, but only runtimes that staff can add."""
    return [kind for kind in kinds(capability) if capabilities(kind).offered]


def choices() -> list[tuple[str, str]]:
    """Return the choices of `Cluster.runtime`."""
    return [(kind, capabilities(kind).label) for kind in settings.RUNTIMES]
