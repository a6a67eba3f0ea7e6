"""Which values of a hub's fields staff look at, because others could feel them. Each judge reads the value, not its
name alone, and says why. Pure; hubs.spec.verdicts has the table.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hubs.spec.chart import Tree
from hubs.spec.effective import refused
from hubs.spec.egress import harmless
from hubs.spec.fields import FIELDS
from hubs.spec.followed import followed
from hubs.spec.hub import HubSpec
from hubs.spec.pods import uncounted
from hubs.spec.profile_words import label as called
from hubs.spec.profiles import as_values, beyond_plain, builds_images, free_images, unread, without_limit
from hubs.spec.reading import reads
from hubs.spec.secrets import is_setting, replaced
from hubs.spec.trees import get, split
from hubs.spec.types import reach


@dataclass(frozen=True)
class Facts:
    """What a judgement has to know of the cluster and the organisation."""

    storage_classes: tuple[str, ...] = ()  # the first is the default
    temporary_users: bool = False  # did staff allow hubs without sign-in?


@dataclass(frozen=True)
class Look:
    """A value that staff look at. The same `subject` as before was looked at before, unless it is a larger `amount`."""

    subject: str
    message: str
    amount: int = 0


Judge = Callable[[HubSpec, Facts], Iterator[Look]]


def text(value: Any) -> str:
    """A subject of anything that JSON can hold."""
    return json.dumps(value, sort_keys=True, default=str)


def always(path: str, message: str) -> Judge:
    """Looked at whenever it says something."""

    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        if value := FIELDS[path].read(spec):
            yield Look(text(value), message)

    return judge


def in_private_network(path: str) -> Judge:
    """An address that the hub itself asks, from inside its cluster."""

    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        address = FIELDS[path].read(spec)
        if FIELDS[path].asked(spec) and address and reach(address) != "public":
            yield Look(
                address, f"{FIELDS[path].words.label}: an address of a private network. Staff check whose it is."
            )

    return judge


SHARED = {"none": 0, "read": 1, "admins": 2}  # what people may do in a folder that they share


# --- servers ----------------------------------------------------------------------------------------------------------
def _uncounted(spec: HubSpec, values: Tree) -> int:
    """What no limit counts, such as GPUs, grows with the number of servers: how many there may be, when a pod that
    these values come to asks for such a thing, wherever it says so."""
    return spec.seats if uncounted(values) else 0


def profiles(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """One look a profile, so that another profile beside one that was looked at is judged alone."""
    for profile in spec.singleuser.profileList:
        alone = (profile,)
        if unusual := beyond_plain(alone):
            amount = _uncounted(spec, {"singleuser": {"profileList": as_values(alone)}})
            asked = ", ".join(called(name) for name in unusual[:6])
            message = f"“{profile.display_name}” asks for {asked}: staff check whether the cluster has it."
            yield Look(text(as_values(alone)), message, amount)
        if keys := unread(profile):
            said = f"“{profile.display_name}” says {', '.join(keys[:6])}, which the hub does not read: staff check it."
            yield Look(f"unread {text(keys)}", said)
        if builds_images(profile):
            said = (
                f"“{profile.display_name}” lets people build images from repositories. That takes a BinderHub as a "
                "service of the hub, and jupyterhub-fancy-profiles on its page; without them the choice is not shown."
            )
            yield Look(f"builds images {text(as_values(alone))}", said)
        if free_images(alone):
            yield Look(f"free {text(as_values(alone))}", f"In “{profile.display_name}” people may type an image of "
                                                          "any registry.")  # fmt: skip
        for setting, what in (("mem_limit", "memory"), ("cpu_limit", "CPU")):
            if without_limit(alone, setting):
                yield Look(f"{setting} {text(as_values(alone))}", f"“{profile.display_name}” takes away the limit of "
                                                                   f"{what}: one person could use it all.")  # fmt: skip


def gpus(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """GPUs are in no limit: as many as all servers together may have are what was looked at."""
    if each := spec.singleuser.gpus:
        yield Look("gpus", "GPUs are rare and expensive: staff look.", each * spec.seats)


def no_limit(path: str, what: str) -> Judge:
    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        if FIELDS[path].read(spec) is None:
            yield Look("none", f"No limit of {what}: one person could use it all.")

    return judge


def file_server(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    storage = spec.singleuser.storage
    if storage.type == "static":
        message = "Homes on a file server: staff prepare its volume, and check that each person has a folder alone."
        # The shared folder is one of the whole volume, whose other folders may be another hub's.
        yield Look(f"{storage.static.pvcName} {storage.static.subPath}", message, SHARED[storage.shared])


def storage_class(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    name = spec.singleuser.storage.dynamic.storageClass
    if spec.singleuser.storage.type == "dynamic" and name and name not in facts.storage_classes[:1]:
        yield Look(name, f"The storage class “{name}” is not the cluster’s usual one: it may cost more or be shared.")


def many_starts(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    if (starts := spec.hub.concurrentSpawnLimit) > 100:  # JupyterHub's own default
        yield Look(str(starts), f"{starts} servers starting at the same time may slow the cluster for others.")


def more(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Also when it becomes empty: what was in it may have kept something closed."""
    names = sorted({one.name for one in reads(spec.more)})
    reading = f" It reads {', '.join(names)} of the hub’s namespace." if names else ""
    subject: list[Any] = [spec.more]
    if get(spec.more, ("hub", "config")):
        # What it says of a sign-in was read beside the fields that narrow who comes in, such as a domain.
        sign_in = spec.signIn.model_dump(mode="json")
        subject.append({name: said for name, said in sign_in.items() if name not in ("allowedUsers", "adminUsers")})
    amount = _uncounted(spec, followed(spec.more))
    yield Look(text(subject), f"More configuration: staff read it before it counts.{reading}", amount)
    for hidden in replaced(followed(spec.more)):
        if is_setting(hidden):
            at = ".".join(hidden)
            yield Look(
                f"hidden {at}", f"More configuration: {at} is kept where nobody can read it. Staff ask what it is."
            )
    for path, said in refused(spec).items():
        label = FIELDS[path].words.label
        yield Look(
            f"{path} {text(get(spec.more, split(FIELDS[path].values_path)))}", f"More configuration: {label}: {said}"
        )
    rules = get(followed(spec.more), ("singleuser", "networkPolicy", "egress"))
    for words in harmless(rules).dropped:
        yield Look(f"network {words}", f"Network rules: {words}")
