"""Which values of "more configuration" a hub of the portal follows, and why it does not follow the others. Pure."""

import copy

from hubs.spec.chart import Tree
from hubs.spec.fields import FIELDS
from hubs.spec.secrets import is_the_portals, names_secret
from hubs.spec.shape import settled
from hubs.spec.trees import Path, leaves, put, split

ADMINS: Path = ("custom", "singleuserAdmin", "extraVolumeMounts")
# What the hubs of the portal do with values that have no field: hubside/kubernetes/jupyterhub_config.py.
HONOURED: tuple[Path, ...] = (
    ("hub", "config"), ("hub", "services"), ("hub", "loadRoles"), ("hub", "templateVars"), ("hub", "templatePaths"),
    ("hub", "consecutiveFailureLimit"), ("singleuser", "nodeSelector"), ("singleuser", "extraTolerations"),
    ("singleuser", "extraLabels"), ("singleuser", "extraAnnotations"), ("singleuser", "extraFiles"),
    ("singleuser", "extraEnv"), ("singleuser", "lifecycleHooks"), ("singleuser", "initContainers"),
    ("singleuser", "extraContainers"), ("singleuser", "extraPodConfig"), ("singleuser", "extraResource"),
    ("singleuser", "uid"), ("singleuser", "fsGid"), ("singleuser", "networkPolicy"),
    ("singleuser", "storage", "extraVolumes"), ("singleuser", "storage", "extraVolumeMounts"),
    ("singleuser", "storage", "dynamic"), ("singleuser", "image", "pullSecrets"), ("singleuser", "cmd"),
    ("singleuser", "profileList"), ("singleuser", "memory"), ("singleuser", "cpu"), ADMINS,
)  # fmt: skip
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
LEFT_OUT = "The portal makes this secret for each hub and takes nobody else’s. It was in a file: replace it there."
NOT_THEIRS = "The portal decides this for each hub."
OTHERWISE = "The portal does this its own way. It is kept for the day you leave."


def inside(path: Path, roots: tuple[Path, ...]) -> bool:
    return any(path[: len(root)] == root for root in roots)


def why_ignored(path: Path) -> str:
    """Why this value of `more` has no effect on a hub of the portal; "" when it has."""
    if is_the_portals(path):
        if any(names_secret(name) for name in path[1:]):
            return LEFT_OUT
        return next((why for root, why in WHY_IGNORED if path[: len(root)] == root), NOT_THEIRS)
    if path[:2] == ("hub", "services") and path[3:4] == ("command",):
        return CODE
    if inside(path, HONOURED) or any(split(f.values_path) == path for f in FIELDS.values() if f.values_path):
        return ""
    return next((why for root, why in WHY_IGNORED if path[: len(root)] == root), OTHERWISE)


def followed(more: Tree) -> Tree:
    """The part of `more` that the portal's hubs follow."""
    found: Tree = {}
    for path, value in leaves(settled(more)):
        if not why_ignored(path):
            put(found, path, copy.deepcopy(value))
    return found
