"""Where hubs live. Protocols in provisioning.contract; which class serves which kind of cluster is a setting."""

from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from provisioning.contract import Kind, Runtime
from provisioning.errors import Refused


def has_kind(cluster: Any) -> bool:
    """Can this portal run hubs of this cluster's kind?"""
    return cluster.runtime in settings.RUNTIMES


def kind_of(cluster: Any) -> Kind:
    """The runtime's class of a cluster row (anything with a `runtime` name), which connects to nothing. Raises Refused
    when this portal has none."""
    if not has_kind(cluster):
        raise Refused(f"This portal does not support clusters of type “{cluster.runtime}”.", "UnknownRuntime")
    return cast(Kind, import_string(settings.RUNTIMES[cluster.runtime]))


def for_cluster(cluster: Any) -> Runtime:
    """The runtime of a cluster row. Raises Refused for a kind that this portal has not, and for credentials that can't
    be used.

    A runtime class reads what it needs from the settings object that it is handed.
    """
    return kind_of(cluster).for_cluster(cluster, settings)
