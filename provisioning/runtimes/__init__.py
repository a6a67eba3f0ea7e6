"""Where hubs live. One Protocol (provisioning.contract.Runtime); which class serves a cluster is a setting."""

from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from provisioning.contract import Runtime
from provisioning.errors import Refused


def for_cluster(cluster: Any) -> Runtime:
    """The runtime of a cluster row (anything with a `runtime` name). Raises Refused when this portal has none.

    A runtime class reads what it needs from the settings object that it is handed: it knows no Django.
    """
    path = settings.RUNTIMES.get(cluster.runtime)
    if not path:
        raise Refused(f"This portal cannot run hubs of the kind “{cluster.runtime}”.", "UnknownRuntime")
    return cast(Runtime, import_string(path).for_cluster(cluster, settings))
