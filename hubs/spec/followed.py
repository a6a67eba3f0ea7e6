"""Which values of "more configuration" a hub of the portal follows, and why it does not follow the others. Pure."""

import copy
from collections.abc import Iterable

from hubs.spec.chart import HERE, Tree
from hubs.spec.secrets import is_the_portals, names_secret
from hubs.spec.shape import settled
from hubs.spec.trees import Path, leaves, put, split

# The keys of the chart that make a difference to a hub of the portal: a release with each and without it was compared
# (tests/runtimes/test_followed.py, which writes this file). What is below such a key is followed, too.
TABLE = HERE / "followed.txt"
FOLLOWED = frozenset(split(line) for line in TABLE.read_text(encoding="utf-8").split())
CODE = "This is code. Staff read it, and add it themselves, if at all."
WHY_IGNORED: tuple[tuple[Path, str], ...] = (
    (("hub", "baseUrl"), "The portal decides where the hub is."),
    (("hub", "extraConfig"), CODE),
    (("hub", "db"), "The portal gives each hub its own database."),
    (("hub", "image"), "The portal decides which JupyterHub runs."),
    (("proxy",), "The portal runs the proxy."),
    (("ingress",), "The portal makes the address and its certificate."),
    (("httpRoute",), "The portal makes the address and its certificate."),
    (("prePuller",), "The cluster fetches images when they are needed."),
    (("scheduling",), "The cluster decides where servers run."),
    (("singleuser", "cloudMetadata"), "Network rules keep servers away from it."),
)
# Settings and sections of `hub.config` that no class of the portal's hubs reads, or whose value the portal decides.
NOT_READ = {
    "oauth_callback_url": "The portal decides where the hub is, and tells its sign-in the address to come back to.",
    "any_allow_config": "This only silences a warning in the hub’s log.",
}
NOT_THERE = {
    "BinderSpawnerMixin": "A class that BinderHub adds to its own hubs by code; the portal’s hubs do not have it. For "
    "temporary servers choose “Without an account” under “How people sign in”.",
}
LEFT_OUT = "The portal makes this secret for each hub and takes nobody else’s. It was in a file: replace it there."
NOT_THEIRS = "The portal decides this for each hub."
OTHERWISE = "The portal does this its own way. It is kept for the day you leave."


def inside(path: Path, roots: Iterable[Path]) -> bool:
    return any(path[: len(root)] == root for root in roots)


def _not_read(path: Path) -> str:
    return NOT_READ.get(path[1] if len(path) > 1 else "", "") or NOT_THERE.get(path[0] if path else "", "")


def why_ignored(path: Path) -> str:
    """Why this value of `more` has no effect on a hub of the portal; "" when it has."""
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


def followed(more: Tree) -> Tree:
    """The part of `more` that the portal's hubs follow."""
    found: Tree = {}
    for path, value in leaves(settled(more)):
        if not why_ignored(path):
            put(found, path, copy.deepcopy(value))
    return found
