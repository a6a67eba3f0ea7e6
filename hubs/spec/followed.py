"""Which values of "more configuration" have an effect on the portal's hubs, and why others have none. Pure."""

import copy
from collections.abc import Iterable

from hubs.language import lazy
from hubs.spec.chart import HERE, Tree
from hubs.spec.secrets import is_the_portals, names_secret
from hubs.spec.shape import settled
from hubs.spec.trees import Path, leaves, put, split

# The chart's keys that have an effect on a hub of the portal, found by comparing a release with and without each
# (tests/runtimes/test_followed.py, which writes this file). Keys below them have an effect, too.
TABLE = HERE / "followed.txt"
FOLLOWED = frozenset(split(line) for line in TABLE.read_text(encoding="utf-8").split())
CODE = lazy("This is code. Only staff can add it, after a review.")
BINDER: Path = ("hub", "config", "BinderSpawnerMixin")
ADDRESS = lazy(
    "The portal gives the hub its own address and certificate. To add an address of your own, use “Custom domain” on "
    "the hub’s page."
)
# What the portal does differently, and what it does instead. No functionality is lost.
OWN_WAY: tuple[tuple[Path, str], ...] = (
    (("hub", "baseUrl"), lazy("The portal gives the hub its own address.")),
    (("hub", "db"), lazy("Each hub has its own database, on a volume that the portal creates.")),
    (("hub", "image"), lazy("The portal runs a version of JupyterHub that staff keep up to date for all hubs.")),
    (("hub", "service"), lazy("The portal creates the hub’s Service with the one port that it needs.")),
    (("hub", "networkPolicy"), lazy("The portal creates the network policy of each hub.")),
    (
        ("hub", "deploymentStrategy"),
        lazy("The old hub pod stops before the new one starts: both use the same database."),
    ),
    (
        ("hub", "pdb"),
        lazy("A hub is a single pod that restarts within seconds. People’s servers keep running meanwhile."),
    ),
    (
        BINDER,
        lazy(
            "This class is added by BinderHub’s own code; the portal’s hubs do not have it. For temporary servers, "
            "choose “No sign-in” as the sign-in method."
        ),
    ),
    (("hub", "config", "JupyterHub"), lazy("The portal sets this for each hub.")),
    (("proxy",), lazy("The portal runs each hub’s proxy and manages its certificate.")),
    (("ingress",), ADDRESS),
    (("httpRoute",), ADDRESS),
    (
        ("prePuller",),
        lazy(
            "A node pulls an image when the first server with it starts there. That start takes longer: "
            "increase “Start timeout” for a large image."
        ),
    ),
    (("scheduling", "userScheduler"), lazy("The cluster’s default scheduler chooses the node for each server.")),
    (
        ("scheduling", "userPlaceholder"),
        lazy(
            "No capacity is reserved: the cluster adds a node when a server needs one. "
            "Increase “Start timeout” if that takes long."
        ),
    ),
    (("scheduling", "podPriority"), lazy("All hubs of a cluster have the same priority.")),
    (("scheduling", "corePods"), lazy("Staff choose the nodes for hubs, for the whole cluster.")),
    (("scheduling", "userPods"), lazy("“Node pool” decides which nodes servers run on.")),
    (("singleuser", "cloudMetadata"), lazy("A network policy blocks the cloud’s metadata address for every server.")),
    (("singleuser", "networkPolicy", "enabled"), lazy("Network policies are always on.")),
    (("debug",), lazy("Each hub’s log is on the hub’s own page.")),
    (("rbac",), lazy("The portal gives each hub the permissions that it needs in its own namespace.")),
    (("custom", "2i2c"), lazy("The portal’s staff have access by their role, not by a list in each hub.")),
)
WHY_IGNORED: tuple[tuple[Path, str], ...] = (
    (("hub", "extraConfig"), CODE),
    *OWN_WAY,
)
# Settings and sections of `hub.config` that no class of the portal's hubs reads, or that the portal sets.
NOT_READ = {
    "oauth_callback_url": lazy("The portal sets the hub’s address and the callback URL of its sign-in."),
    "any_allow_config": lazy("This only silences a warning in the hub’s log."),
}
LEFT_OUT = lazy(
    "The portal creates this secret for each hub and does not use the one from the file. Replace it wherever it is "
    "still used, because it was in a file."
)
NOT_THEIRS = lazy("The portal sets this for each hub.")
OTHERWISE = lazy("The portal’s hubs do not read this. It is saved, so that an export includes it.")


def inside(path: Path, roots: Iterable[Path]) -> bool:
    return any(path[: len(root)] == root for root in roots)


def _not_read(path: Path) -> str:
    if path[:1] == BINDER[2:]:
        return next(why for root, why in OWN_WAY if root == BINDER)
    return NOT_READ.get(path[1] if len(path) > 1 else "", "")


def why_ignored(path: Path) -> str:
    """Return why this value of `more` has no effect on a hub of the portal, or "" if it has."""
    return str(_why_ignored(path))


def _why_ignored(path: Path) -> str:
    """Return the same, lazy: the one of the tables above."""
    if is_the_portals(path):
        if any(names_secret(name) for name in path[1:]):
            return LEFT_OUT
        return next((why for root, why in WHY_IGNORED if path[: len(root)] == root), NOT_THEIRS)
    if path[:2] == ("hub", "config") and (why := _not_read(path[2:])):
        return why
    if path[:2] == ("hub", "services") and path[3:4] == ("command",):
        return CODE
    if any(path[:length] in FOLLOWED for length in range(len(path) + 1)):
        return ""
    return next((why for root, why in WHY_IGNORED if path[: len(root)] == root), OTHERWISE)


def own_way(path: Path) -> bool:
    """Return whether the portal does this differently: the value has no effect, but is not needed either. Not so for a
    secret that was left out, which has to be replaced elsewhere."""
    why = _why_ignored(path)
    return any(why is words and path[: len(root)] == root for root, words in OWN_WAY)


# For the hub's own pod, only fields have an effect. Specs from before these fields may have values in `more` that had
# none then: a hub with a node selector that no node has would not start again after an update of the portal.
FIELDS_ONLY: tuple[Path, ...] = (("hub", "annotations"), ("hub", "nodeSelector"), ("hub", "resources"))


def followed(more: Tree, *, into_fields: bool = False) -> Tree:
    """Return the part of `more` that has an effect. `into_fields`: including what has one once a field has it."""
    found: Tree = {}
    for path, value in leaves(settled(more)):
        if not why_ignored(path) and (into_fields or not inside(path, FIELDS_ONLY)):
            put(found, path, copy.deepcopy(value))
    return found
