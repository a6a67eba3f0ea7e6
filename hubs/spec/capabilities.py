"""What a place where hubs live can do, as its runtime declares it. Pure.

Pages, limits, consequences and docs ask these, and never which kind of place it is. A capability is named after what
asks it: a field, a page, a sentence. docs/decisions/051-runtime-capabilities.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """All are False unless the runtime says otherwise."""

    label: str  # on staff's pages: "a Kubernetes cluster"
    about: str = ""  # one sentence, where staff read of a cluster without credentials
    added: str = ""  # in the audit, when one is added without credentials: "the machine where the worker runs"
    offered: bool = True  # staff may add one

    # --- the row of a cluster -----------------------------------------------------------------------------------------
    credentials: bool = False  # has an API: credentials, a domain for its hubs, classes, node pools
    checked: bool = False  # its health is asked by the clock
    watched: bool = False  # tells of all its hubs at once: fleet check and watcher
    ports: bool = False  # each hub takes ports of a range

    # --- what a hub's configuration asks: `Words.needs` of its fields -------------------------------------------------
    images: bool = False  # servers run the image that is named, else the software that is installed there
    enforces_limits: bool = False  # of memory and CPU; else notebooks are told
    volumes: bool = False  # homes are volumes with sizes and classes, kept for a while after the hub is retired
    pods: bool = False  # servers and the hub are pods, shaped by what pods understand
    profiles: bool = False  # people choose an image or a size before their server starts
    node_pools: bool = False
    network_policies: bool = False

    # --- what a hub's pages and its people ask ------------------------------------------------------------------------
    isolates_people: bool = False  # nobody sees another person's processes
    follows_user_limits: bool = False  # bounds of the hub's place have to follow what staff allowed
    registries: bool = False  # fetches with the organisation's passwords
    custom_domains: bool = False
    code: bool = False  # the hub runs what staff added to its configuration
    objects: bool = False  # there are objects to look at
    dry_run: bool = False  # it can say what a change would do, changing nothing
    logs: bool = False

    def lacks(self, needs: str) -> bool:
        """Is this what a field needs, and not here? "" needs nothing."""
        return bool(needs) and not getattr(self, needs)


# By capability, for fields. Where it is missing, a field is hidden and its answer refused with this sentence.
LACKING: dict[str, str] = {
    "images": "On a cluster that doesn’t use images, every hub uses the software that is installed there.",
    "enforces_limits": "On a cluster that doesn’t enforce limits, notebooks can see this value but can use more.",
    "volumes": "On a cluster without volumes, every home directory is a plain folder.",
    "pods": "Needs a cluster that runs servers as pods, such as a Kubernetes cluster.",
    "profiles": "Needs a cluster that supports server options, such as a Kubernetes cluster.",
    "node_pools": "Needs a cluster with node pools, such as a Kubernetes cluster.",
    "network_policies": "Needs a cluster with network policies, such as a Kubernetes cluster.",
}
