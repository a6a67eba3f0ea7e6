"""Verdicts on the fields of people's pods and the hub's own pod: volumes, containers, resources. Pure."""

from hubs.language import lazy
from hubs.spec import judges, pod_judges
from hubs.spec.verdict import ALWAYS, LOOKED, Verdict, cost, dangerous

STORAGE: dict[str, Verdict] = {
    "singleuser.storage.extraVolumeMounts": dangerous(
        "Folders that people of a hub share, possibly with other hubs on the same volume.",
        pod_judges.folders,
        "mounts of anything but the server’s temporary storage",
    ),
    "singleuser.storage.extraVolumes": dangerous(
        "Volumes, ConfigMaps and Secrets of the namespace, or file servers of others, in people’s own pods.",
        pod_judges.volumes,
        "volumes that outlive the server",
    ),
}
CONTAINERS: dict[str, Verdict] = {
    "singleuser.initContainers": dangerous(
        "Containers that run before each server, with their own image.",
        pod_judges.containers_of("singleuser.initContainers"),
        ALWAYS,
    ),
    "singleuser.extraContainers": dangerous(
        "Containers that run alongside each server, with their own image.",
        pod_judges.containers_of("singleuser.extraContainers"),
        ALWAYS,
    ),
}
HUB: dict[str, Verdict] = {
    "hub.resources": cost(
        "Memory and CPU of the hub’s own pod, which no organisation limit counts.",
        LOOKED,
        judges.always(
            "hub.resources", lazy("The hub itself would get other resources than the default, which needs review.")
        ),
        ALWAYS,
    ),
    "hub.nodeSelector": cost(
        "The nodes that the hub itself runs on.",
        LOOKED,
        judges.always(
            "hub.nodeSelector", lazy("The hub itself would run only on certain nodes. Staff check that they exist.")
        ),
        ALWAYS,
    ),
    "hub.annotations": dangerous(
        "Annotations control other software in the cluster.",
        judges.always("hub.annotations", lazy("Annotations of the hub’s pod: Staff check which software reads them.")),
        ALWAYS,
    ),
}
