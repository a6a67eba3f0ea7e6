"""Capabilities of a cluster, as its runtime declares them. Pure.

Pages, limits, consequences and docs check capabilities, never the type of the cluster. A capability is named after what
depends on it: a field, a page, a sentence. docs/decisions/051-runtime-capabilities.md.
"""

from dataclasses import dataclass

from hubs.language import lazy


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """All are False unless the runtime sets them."""

    label: str  # on staff's pages: "a Kubernetes cluster"
    about: str = ""  # one sentence, shown to staff for a cluster without credentials
    added: str = ""  # in the audit log, when one is added without credentials: "the machine where the worker runs"
    offered: bool = True  # staff can add one

    # --- a cluster's own row -----------------------------------------------------------------------------------------
    credentials: bool = False  # has an API: credentials, a domain for its hubs, classes, node pools
    checked: bool = False  # its health is checked periodically
    watched: bool = False  # reports on all its hubs at once: fleet check and watcher
    ports: bool = False  # each hub uses ports from a range

    # --- for a hub's configuration: `Words.needs` of its fields ------------------------------------------------------
    images: bool = False  # servers run the configured image; otherwise the software installed there
    enforces_limits: bool = False  # of memory and CPU; otherwise notebooks only see them
    volumes: bool = False  # homes are volumes with sizes and classes, kept for a while after retirement
    pods: bool = False  # servers and the hub are pods, so pod settings apply
    profiles: bool = False  # people choose an image or a size before their server starts
    node_pools: bool = False
    network_policies: bool = False

    # --- for a hub's pages and its people ----------------------------------------------------------------------------
    isolates_people: bool = False  # people can't see each other's processes
    follows_user_limits: bool = False  # limits in the cluster have to follow user limits
    registries: bool = False  # pulls images with the organisation's registry credentials
    custom_domains: bool = False
    code: bool = False  # the hub runs code that staff added to its configuration
    objects: bool = False  # there are objects to show
    dry_run: bool = False  # can preview the result of a change
    logs: bool = False

    def lacks(self, needs: str) -> bool:
        """Return whether the capability `needs` is missing; "" needs nothing."""
        return bool(needs) and not getattr(self, needs)


# By capability. Without it, a field is hidden and a value for it is refused with this sentence.
LACKING: dict[str, str] = {
    "images": lazy("On a cluster that doesn’t use images, every hub uses the software that is installed there."),
    "enforces_limits": lazy("On a cluster that doesn’t enforce limits, notebooks can see this value but can use more."),
    "volumes": lazy("On a cluster without volumes, every home directory is a plain folder."),
    "pods": lazy("Needs a cluster that runs servers as pods, such as a Kubernetes cluster."),
    "profiles": lazy("Needs a cluster that supports server options, such as a Kubernetes cluster."),
    "node_pools": lazy("Needs a cluster with node pools, such as a Kubernetes cluster."),
    "network_policies": lazy("Needs a cluster with network policies, such as a Kubernetes cluster."),
}
