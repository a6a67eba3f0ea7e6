"""Verdicts of the fields about people's pods and the hub's own: volumes, containers, sizes. Pure."""

from hubs.spec import judges, pod_judges
from hubs.spec.verdict import ALWAYS, LOOKED, Verdict, cost, dangerous

STORAGE: dict[str, Verdict] = {
    "singleuser.storage.extraVolumeMounts": dangerous(
        "Folders that people of a hub share, also with another hub on the same volume.",
        pod_judges.folders,
        "whatever is not on room of the server itself",
    ),
    "singleuser.storage.extraVolumes": dangerous(
        "Volumes, config maps and Secrets of the namespace, or servers of others, in people’s own pods.",
        pod_judges.volumes,
        "whatever outlives the server",
    ),
}
CONTAINERS: dict[str, Verdict] = {
    "singleuser.initContainers": dangerous(
        "Programs before each server, with an image of their own.",
        pod_judges.containers_of("singleuser.initContainers"),
        ALWAYS,
    ),
    "singleuser.extraContainers": dangerous(
        "Programs beside each server, with an image of their own.",
        pod_judges.containers_of("singleuser.extraContainers"),
        ALWAYS,
    ),
}
HUB: dict[str, Verdict] = {
    "hub.resources": cost(
        "Memory and CPU of the hub’s own pod, which no limit of the organisation counts.",
        LOOKED,
        judges.always("hub.resources", "The hub itself would have more than hubs usually have: staff look."),
        ALWAYS,
    ),
    "hub.nodeSelector": cost(
        "On which nodes the hub itself runs.",
        LOOKED,
        judges.always("hub.nodeSelector", "The hub itself only on certain nodes: staff check whether there are any."),
        ALWAYS,
    ),
    "hub.annotations": dangerous(
        "Programs of the cluster read annotations, and do what these say.",
        judges.always("hub.annotations", "Annotations of the hub’s pod: staff check which program reads them."),
        ALWAYS,
    ),
}
