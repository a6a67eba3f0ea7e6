"""Runtimes, where hubs run. Protocols: provisioning.contract. A setting maps types of clusters to classes."""

from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from hubs.language import _
from provisioning.contract import Kind, Runtime
from provisioning.errors import Refused


def has_kind(cluster: Any) -> bool:
    """Return whether this portal supports clusters of this type."""
    return cluster.runtime in settings.RUNTIMES


def kind_of(cluster: Any) -> Kind:
    """Return the runtime's class for a cluster row (anything with a `runtime` name), without connecting. Raise Refused
    if this portal has none."""
    if not has_kind(cluster):
        said = _("This portal does not support clusters of type “{type}”.", type=cluster.runtime)
        raise Refused(said, "UnknownRuntime")
    return cast(Kind, import_string(settings.RUNTIMES[cluster.runtime]))


def for_cluster(cluster: Any) -> Runtime:
    """Return the runtime of a cluster row. Raise Refused for an unknown type and for credentials that can't be used.

    The runtime's class reads what it needs from the settings object.
    """
    return kind_of(cluster).for_cluster(cluster, settings)
