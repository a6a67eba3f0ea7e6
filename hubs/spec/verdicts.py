"""What each field of a hub could do to others, who looks at it, and what proves it: the threat model's core. Pure.

An instructor is not trusted. Every field has a verdict here, and a field without one fails a test. A verdict judges
*values*: which of them staff look at is a function of the spec (hubs.spec.judges), not a list of names.
docs/threat-model.md is made from this table.
"""

from collections.abc import Iterator

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


_PAGES = "Words and pictures on this hub’s own pages; sanitised."
_POD = "What runs in people’s own pods, under the cluster’s Pod Security level and network policies."

VERDICTS: dict[str, Verdict] = {
    "about.title": _own("A name on pages. Escaped everywhere.", f"{T}::test_words_of_people_are_escaped"),
    "about.purpose": _own("A word for whoever reads the request."),
    "about.description": _own("Words on pages. Escaped everywhere.", f"{T}::test_words_of_people_are_escaped"),
    "about.starts": _own("The day on which the hub is created, where that is still to come."),
    "about.early": _own("The hub is created before its first day, and counts from then."),
    "about.ends": _own("The day after which the hub ends. People are told before."),
    "about.heads": _cost("How many people: memory, storage and quota are multiplied by it."),
    **SIGN_IN,
    "singleuser.image.name": _own(
        "Which image people’s own pods run. Fetched anew for each start unless it is open to "
        "everybody, so that no private image of others is found on a node.",
        "tests/kubernetes/test_image_pull.py::test_an_image_of_others_on_the_node_is_asked_for_again",
    ),
    "singleuser.image.tag": _own("Which version of it."),
    "singleuser.image.pullPolicy": _own(
        "How often it is fetched; never less often than the image allows.",
        "tests/kubernetes/test_image_pull.py::test_an_image_of_others_on_the_node_is_asked_for_again",
    ),
    "singleuser.defaultUrl": _own("A path of people’s own servers."),
    "singleuser.profileList": _cost(
        "Images, sizes and variables of a choice, each typed; the largest counts against the limits.",
        TYPED,
        judges.profiles,
        "machines, volumes, privileges and other settings of Kubernetes; an image typed freely; a limit taken away",
        "novel:profiles",
    ),
    "singleuser.cmd": _own(_POD),
    "singleuser.extraEnv": _own(
        "Text in people’s own pods. Nothing in it is read from Secrets.",
        "tests/test_overrides.py::test_an_environment_is_text",
    ),
    "singleuser.internet": _own(
        "What people’s own pods reach. Private networks stay closed.", "tests/cluster/test_isolation.py"
    ),
    "singleuser.internetExceptions": _dangerous(
        "People’s pods reach an address in a private network.",
        judges.always(
            "singleuser.internetExceptions", "Addresses that are reached all the same: staff check whose they are."
        ),
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
        "Memory set aside; at most the limit.", f"{T}::test_what_is_set_aside_is_at_most_the_limit"
    ),
    "singleuser.cpu.limit": _cost(
        "CPU of each server; bounded by the organisation’s limit.",
        BOUNDED,
        judges.no_limit("singleuser.cpu.limit", "CPU"),
        "no limit",
        "novel:no-CPU",
    ),
    "singleuser.cpu.guarantee": _cost(
        "CPU set aside; at most the limit.", f"{T}::test_what_is_set_aside_is_at_most_the_limit"
    ),
    "singleuser.storage.type": _dangerous(
        "Where homes are: on a volume of their own, or folders of a shared one.",
        judges.file_server,
        "homes on a file server, and folders there that people share",
        LOOKED,
        "novel:storage",
    ),
    "singleuser.storage.capacity": _cost("Storage of each home; bounded by the organisation’s limit."),
    "singleuser.storage.dynamic.storageClass": _cost(
        "Which disks of the cluster are used.", LOOKED, judges.storage_class, "another than the cluster’s usual one"
    ),
    "singleuser.storage.static.pvcName": _own("Judged with “Files”: staff look at a new volume.", LOOKED),
    "singleuser.storage.static.subPath": _own(
        "Judged with “Files”; without {username} it is refused, for people would share one home.",
        "tests/test_spec.py::test_a_home_is_one_persons",
    ),
    "singleuser.storage.shared": _own("Judged with “Files”: a folder of the volume that its people share.", LOOKED),
    "singleuser.storage.allHomes": _dangerous(
        "Hub admins read everybody’s files.",
        judges.always(
            "singleuser.storage.allHomes", "Hub admins would read everybody’s files: staff check that people know."
        ),
        ALWAYS,
    ),
    **STORAGE,
    "singleuser.storage.homeMountPath": _own(_POD),
    "singleuser.gpus": _cost(
        "Graphics processors.",
        LOOKED,
        judges.gpus,
        "always, also more servers with GPUs",
    ),
    "singleuser.nodePool": _cost(
        "On which machines servers run.",
        LOOKED,
        judges.always(
            "singleuser.nodePool", "Other machines than the usual ones: staff check whether they are for this hub."
        ),
        ALWAYS,
    ),
    "singleuser.nodeSelector": _cost(
        "On which machines servers run.",
        LOOKED,
        judges.always("singleuser.nodeSelector", "Only on certain machines: staff check whether there are any."),
        ALWAYS,
    ),
    "singleuser.tolerations": _cost(
        "Servers run on machines that are kept for others.",
        LOOKED,
        judges.always(
            "singleuser.tolerations", "Machines that are kept for others: staff check whether they are for this hub."
        ),
        ALWAYS,
    ),
    "singleuser.kernelTimeout": _own(_POD),
    "singleuser.content.repository": _own("A person’s own pod clones it, with a bound on its time."),
    "singleuser.content.branch": _own("A person’s own pod clones it, with a bound on its time."),
    "singleuser.content.folder": _own("A folder of the person’s own home."),
    "singleuser.postStart": _own(_POD),
    "singleuser.extraFiles": _own("Files of a config map of this hub, mounted in people’s own pods."),
    **CONTAINERS,
    "singleuser.startTimeout": _own("How long the hub waits for a server."),
    "hub.activeServerLimit": _cost("How many servers run at once; bounded by the organisation’s limit."),
    "hub.concurrentSpawnLimit": _cost("How many servers start at once.", LOOKED, judges.many_starts, "above 100"),
    "hub.allowNamedServers": _cost(
        "Several servers a person; the namespace’s quota bounds them together.",
        f"{T}::test_named_servers_stay_inside_the_quota",
    ),
    "hub.namedServerLimitPerUser": _cost(
        "Several servers a person; the namespace’s quota bounds them together.",
        f"{T}::test_named_servers_stay_inside_the_quota",
    ),
    "hub.redirectToServer": _own("Which page people see first."),
    "hub.shutdownOnLogout": _own("When a person’s own servers stop."),
    **HUB,
    "hub.services": _dangerous(
        "Programs that ask the hub’s API, and addresses that its proxy leads to.",
        judges.always("hub.services", "Services ask the hub’s API: staff read what they may do."),
        ALWAYS,
    ),
    "hub.serverScopes": _dangerous(
        "What a person’s server may ask the hub in the name of whoever opens it, also of an admin.",
        judges.always("hub.serverScopes", "Servers may ask the hub in people’s names: staff read what for."),
        ALWAYS,
    ),
    "hub.loadRoles": _dangerous(
        "Rights in the hub, up to its administration.",
        judges.always("hub.loadRoles", "Roles give rights in the hub: staff read them."),
        ALWAYS,
    ),
    "cull.enabled": _cost(
        "Whether idle servers stop; bounded by the organisation’s limits.",
        f"{T}::test_named_servers_stay_inside_the_quota",
    ),
    "cull.timeout": _own("When idle servers stop."),
    "cull.every": _own("How often this hub’s own culler looks."),
    "cull.maxAge": _own("When servers stop at the latest."),
    "cull.users": _own("Idle people are removed from this hub; their volumes are kept."),
    "cull.adminUsers": _own("Whether admins’ idle servers stop, too."),
    "cull.removeNamedServers": _own("Whether idle named servers are removed; their volumes are kept."),
    "cull.concurrency": _own("How many requests this hub’s own culler makes at once."),
    "homePage.text": _own(_PAGES, f"{T}::test_words_of_people_are_escaped"),
    "homePage.logo": _own("An address that people’s browsers fetch a picture from. Public addresses only."),
    "homePage.website": _own("A link on this hub’s own pages."),
    "homePage.organization": _own(_PAGES, f"{T}::test_words_of_people_are_escaped"),
    "homePage.funder": _own(_PAGES, f"{T}::test_words_of_people_are_escaped"),
    "homePage.funderWebsite": _own("A link on this hub’s own pages."),
    "homePage.designer": _own(_PAGES, f"{T}::test_words_of_people_are_escaped"),
    "homePage.designerWebsite": _own("A link on this hub’s own pages."),
    "homePage.operator": _own(_PAGES, f"{T}::test_words_of_people_are_escaped"),
    "homePage.operatorWebsite": _own("A link on this hub’s own pages."),
    "more": _dangerous(
        "Whatever Zero to JupyterHub understands, code and the hub’s own secrets excepted.",
        judges.more,
        "always, also when it becomes empty",
    ),
}

USUAL = HubSpec(about=About(title="---"))  # what nobody gave; made once, as each default is a copy of its own


def looks(spec: HubSpec, before: HubSpec | None, facts: Facts) -> Iterator[tuple[str, Verdict, Look]]:
    """(path, verdict, look) of every value that staff look at and did not look at before. Pure."""
    base = before or USUAL.model_copy(update={"about": spec.about})
    for path, verdict in VERDICTS.items():
        if verdict.look and (found := tuple(verdict.look(spec, facts))):
            known = {look.subject: look.amount for look in verdict.look(base, facts)}
            for look in found:
                if look.subject not in known or look.amount > known[look.subject]:
                    yield path, verdict, look
