"""What each field of a hub could do to others, who reviews it, and the test that proves it: the threat model. Pure.

Instructors are not trusted. Every field has a verdict here; a field without one fails a test. Verdicts are about
*values*: whether one needs review is a function of the spec (hubs.spec.judges), not a list of field names.
docs/threat-model.md is generated from this table.
"""

from collections.abc import Iterator
from dataclasses import replace

from hubs.language import lazy
from hubs.spec import judges
from hubs.spec.hub import About, HubSpec
from hubs.spec.judges import Facts, Look
from hubs.spec.pod_verdicts import CONTAINERS, HUB, STORAGE
from hubs.spec.sign_in_verdicts import SIGN_IN
from hubs.spec.verdict import ALWAYS, BOUNDED, LOOKED, TYPED, Reach, T, Verdict
from hubs.spec.verdict import cost as _cost
from hubs.spec.verdict import dangerous as _dangerous
from hubs.spec.verdict import own as _own

__all__ = ["VERDICTS", "Reach", "Verdict", "looks"]


_PAGES = "Text and images on this hub’s own pages; sanitised."
_POD = "What runs in people’s own pods, under the cluster’s Pod Security level and network policies."

VERDICTS: dict[str, Verdict] = {
    "about.title": _own("A name on pages. Escaped everywhere.", f"{T}::test_words_of_people_are_escaped"),
    "about.purpose": _own("Information for people who read the request."),
    "about.description": _own("Text on pages. Escaped everywhere.", f"{T}::test_words_of_people_are_escaped"),
    "about.starts": _own("The day on which the hub is created, if it is in the future."),
    "about.early": _own("The hub is created before its first day, and counts towards limits from then."),
    "about.ends": _own("The day after which the hub ends. People are notified before."),
    "about.heads": _cost("The number of people, by which memory, storage and quota are multiplied."),
    **SIGN_IN,
    "singleuser.image.name": _own(
        "The image that people’s own pods run. Pulled again at each start unless it is public, so that private images "
        "of others on a node can’t be used.",
        "tests/kubernetes/test_image_pull.py::test_an_image_of_others_on_the_node_is_asked_for_again",
    ),
    "singleuser.image.tag": _own("The version of the image."),
    "singleuser.image.pullPolicy": _own(
        "How often the image is pulled; never less often than the image allows.",
        "tests/kubernetes/test_image_pull.py::test_an_image_of_others_on_the_node_is_asked_for_again",
    ),
    "singleuser.defaultUrl": _own("A path of people’s own servers."),
    "singleuser.profileList": _cost(
        "Images, sizes and variables of a choice, each type-checked; the largest counts towards the limits.",
        TYPED,
        judges.profiles,
        "nodes, volumes, privileges and other Kubernetes settings; images from any registry; removed limits",
        "novel:profiles",
    ),
    "singleuser.cmd": _own(_POD),
    "singleuser.extraEnv": _own(
        "Text in people’s own pods. Nothing in it is read from Secrets.",
        "tests/test_overrides.py::test_an_environment_is_text",
    ),
    "singleuser.internet": _own(
        "What people’s own pods can reach. Private networks stay blocked.", "tests/cluster/test_isolation.py"
    ),
    "singleuser.internetExceptions": _dangerous(
        "People’s pods can reach an address in a private network.",
        judges.always("singleuser.internetExceptions", lazy("Allowed destinations: Staff check who they belong to.")),
        ALWAYS,
    ),
    "singleuser.memory.limit": _cost(
        "Memory of each server; bounded by the organisation’s limit.",
        BOUNDED,
        judges.no_limit("singleuser.memory.limit", "memory"),
        "no limit",
        "novel:no-memory",
    ),
    "singleuser.memory.guarantee": _cost(
        "Reserved memory; at most the limit.", f"{T}::test_what_is_set_aside_is_at_most_the_limit"
    ),
    "singleuser.cpu.limit": _cost(
        "CPU of each server; bounded by the organisation’s limit.",
        BOUNDED,
        judges.no_limit("singleuser.cpu.limit", "CPU"),
        "no limit",
        "novel:no-CPU",
    ),
    "singleuser.cpu.guarantee": _cost(
        "Reserved CPU; at most the limit.", f"{T}::test_what_is_set_aside_is_at_most_the_limit"
    ),
    "singleuser.storage.type": _dangerous(
        "Where home directories are: on a volume per person, or in folders of a shared volume.",
        judges.file_server,
        "home directories on a file server, and shared folders there",
        LOOKED,
        "novel:storage",
    ),
    "singleuser.storage.capacity": _cost("Storage of each home directory; bounded by the organisation’s limit."),
    "singleuser.storage.dynamic.storageClass": _cost(
        "The type of disk in the cluster.", LOOKED, judges.storage_class, "any but the cluster’s default"
    ),
    "singleuser.storage.static.pvcName": _own("Checked with “Storage type”: a new volume needs review.", LOOKED),
    "singleuser.storage.static.subPath": _own(
        "Checked with “Storage type”; refused without {username}, because people would share one home directory.",
        "tests/test_spec.py::test_a_home_is_one_persons",
    ),
    "singleuser.storage.shared": _own(
        "Checked with “Storage type”: a folder on the volume that people of the hub share.", LOOKED
    ),
    "singleuser.storage.allHomes": _dangerous(
        "Hub admins can read all files of all people.",
        judges.always(
            "singleuser.storage.allHomes",
            lazy("Hub admins could read everyone’s files. Staff check that people know about it."),
        ),
        ALWAYS,
    ),
    **STORAGE,
    "singleuser.storage.homeMountPath": _own(_POD),
    "singleuser.gpus": _cost(
        "GPUs.",
        LOOKED,
        judges.gpus,
        "always, also for more servers with GPUs",
    ),
    "singleuser.nodePool": _cost(
        "The nodes that servers run on.",
        LOOKED,
        judges.always(
            "singleuser.nodePool", lazy("This is not the default node pool. Staff check that this hub can use it.")
        ),
        ALWAYS,
    ),
    "singleuser.nodeSelector": _cost(
        "The nodes that servers run on.",
        LOOKED,
        judges.always(
            "singleuser.nodeSelector", lazy("Servers would run only on certain nodes. Staff check that they exist.")
        ),
        ALWAYS,
    ),
    "singleuser.tolerations": _cost(
        "Servers can run on nodes that are reserved for others.",
        LOOKED,
        judges.always(
            "singleuser.tolerations",
            lazy("Servers could run on reserved nodes. Staff check that this hub can use them."),
        ),
        ALWAYS,
    ),
    "singleuser.kernelTimeout": _own(_POD),
    "singleuser.content.repository": _own("Each person’s own pod clones it, within a time limit."),
    "singleuser.content.branch": _own("Each person’s own pod clones it, within a time limit."),
    "singleuser.content.folder": _own("A folder in the person’s own home directory."),
    "singleuser.postStart": _own(_POD),
    "singleuser.extraFiles": _own("Files in a ConfigMap of this hub, mounted in people’s own pods."),
    **CONTAINERS,
    "singleuser.startTimeout": _own("How long the hub waits for a server."),
    "hub.activeServerLimit": _cost("The maximum number of running servers; bounded by the organisation’s limit."),
    "hub.concurrentSpawnLimit": _cost("The number of concurrent starts.", LOOKED, judges.many_starts, "above 100"),
    "hub.allowNamedServers": _cost(
        "Named servers; the namespace’s quota bounds all of them together.",
        f"{T}::test_named_servers_stay_inside_the_quota",
    ),
    "hub.namedServerLimitPerUser": _cost(
        "Named servers; the namespace’s quota bounds all of them together.",
        f"{T}::test_named_servers_stay_inside_the_quota",
    ),
    "hub.redirectToServer": _own("The page that people see first."),
    "hub.shutdownOnLogout": _own("When a person’s own servers stop."),
    **HUB,
    "hub.services": _dangerous(
        "Services that use the hub’s API, and addresses that its proxy forwards to.",
        judges.always("hub.services", lazy("Services use the hub’s API. Staff review their permissions.")),
        ALWAYS,
    ),
    "hub.serverScopes": _dangerous(
        "What a person’s server can request from the hub on behalf of the user who opens it, including admins.",
        judges.always(
            "hub.serverScopes",
            lazy("Servers could send requests to the hub on behalf of users. Staff review the scopes."),
        ),
        ALWAYS,
    ),
    "hub.loadRoles": _dangerous(
        "Permissions in the hub, up to full administration.",
        judges.always("hub.loadRoles", lazy("Roles grant permissions in the hub. Staff review them.")),
        ALWAYS,
    ),
    "cull.enabled": _cost(
        "Whether idle servers stop; bounded by the organisation’s limits.",
        f"{T}::test_named_servers_stay_inside_the_quota",
    ),
    "cull.timeout": _own("When idle servers stop."),
    "cull.every": _own("How often this hub’s own culler checks."),
    "cull.maxAge": _own("The maximum lifetime of servers."),
    "cull.users": _own("Idle users are deleted from this hub; their volumes are kept."),
    "cull.adminUsers": _own("Whether idle hub admins are deleted, too."),
    "cull.removeNamedServers": _own("Whether idle named servers are deleted; their volumes are kept."),
    "cull.concurrency": _own("How many concurrent requests this hub’s own culler makes."),
    "homePage.text": _own(_PAGES, f"{T}::test_words_of_people_are_escaped"),
    "homePage.logo": _own("An address from which people’s browsers load an image. Public addresses only."),
    "homePage.website": _own("A link on this hub’s own pages."),
    "homePage.organization": _own(_PAGES, f"{T}::test_words_of_people_are_escaped"),
    "homePage.funder": _own(_PAGES, f"{T}::test_words_of_people_are_escaped"),
    "homePage.funderWebsite": _own("A link on this hub’s own pages."),
    "homePage.designer": _own(_PAGES, f"{T}::test_words_of_people_are_escaped"),
    "homePage.designerWebsite": _own("A link on this hub’s own pages."),
    "homePage.operator": _own(_PAGES, f"{T}::test_words_of_people_are_escaped"),
    "homePage.operatorWebsite": _own("A link on this hub’s own pages."),
    "more": _dangerous(
        "All settings of Zero to JupyterHub, except code and the hub’s own secrets.",
        judges.more,
        "always, also when it becomes empty",
    ),
}

USUAL = HubSpec(about=About(title="---"))  # the defaults; created once, because it is expensive


def looks(spec: HubSpec, before: HubSpec | None, facts: Facts) -> Iterator[tuple[str, Verdict, Look]]:
    """Yield (path, verdict, look) of every value that needs review and was not reviewed before. Pure."""
    base = before or USUAL.model_copy(update={"about": spec.about})
    for path, verdict in VERDICTS.items():
        if verdict.look and (found := tuple(verdict.look(spec, facts))):
            known = {look.subject: look.amount for look in verdict.look(base, facts)}
            for look in found:
                if look.subject not in known or look.amount > known[look.subject]:
                    yield path, verdict, replace(look, message=str(look.message))
