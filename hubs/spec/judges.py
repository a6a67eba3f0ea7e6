"""Which values of a hub's fields need review, because they could affect others. Each judge checks the value, not only
the field, and gives the reason. Pure; the table is in hubs.spec.verdicts.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hubs.language import _, speaking
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
    """Facts about the cluster and the organisation that judges need."""

    storage_classes: tuple[str, ...] = ()  # the first is the default
    temporary_users: bool = False  # whether staff allow hubs without sign-in


@dataclass(frozen=True)
class Look:
    """A value that needs review. A `subject` that was reviewed before needs none, unless its `amount` is larger."""

    subject: str
    message: str
    amount: int = 0


Judge = Callable[[HubSpec, Facts], Iterator[Look]]


def text(value: Any) -> str:
    """Return any JSON value as a subject."""
    return json.dumps(value, sort_keys=True, default=str)


def always(path: str, message: str) -> Judge:
    """Return a judge for a field that needs review whenever it is not empty. `message` is lazy."""

    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        if value := FIELDS[path].read(spec):
            with speaking("en"):
                english = str(message)
            yield Look(text(value), _(english))  # unlike a lazy sentence, it can be stored

    return judge


def in_private_network(path: str) -> Judge:
    """Return a judge for an address that the hub itself requests, from inside its cluster."""

    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        address = FIELDS[path].read(spec)
        if FIELDS[path].asked(spec) and address and reach(address) != "public":
            said = _(
                "{field}: This address is in a private network. Staff check who it belongs to.",
                field=FIELDS[path].words.label,
            )
            yield Look(address, said)

    return judge


SHARED = {"none": 0, "read": 1, "admins": 2}  # access to a shared folder


# --- servers ----------------------------------------------------------------------------------------------------------
def _uncounted(spec: HubSpec, values: Tree) -> int:
    """Return the maximum number of servers if pods with these values request resources without a limit, such as GPUs,
    else 0. The use of such resources grows with the number of servers."""
    return spec.seats if uncounted(values) else 0


def profiles(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Check each profile separately, so that adding one doesn't repeat the review of others."""
    for profile in spec.singleuser.profileList:
        alone = (profile,)
        if unusual := beyond_plain(alone):
            amount = _uncounted(spec, {"singleuser": {"profileList": as_values(alone)}})
            yield Look(text(as_values(alone)), _requests(profile.display_name, unusual), amount)
        if keys := unread(profile):
            said = _(
                "“{option}” has settings that hubs ignore: {settings}. Staff check them.",
                option=profile.display_name, settings=", ".join(keys[:6]),
            )  # fmt: skip
            yield Look(f"unread {text(keys)}", said)
        if builds_images(profile):
            said = _(
                "“{option}” lets people build images from repositories. This needs BinderHub as a service of the hub, "
                "and jupyterhub-fancy-profiles; without them, the option is not shown.",
                option=profile.display_name,
            )
            yield Look(f"builds images {text(as_values(alone))}", said)
        if free_images(alone):
            said = _("In “{option}”, people can enter an image from any registry.", option=profile.display_name)
            yield Look(f"free {text(as_values(alone))}", said)
        if without_limit(alone, "mem_limit"):
            said = _(
                "“{option}” removes the memory limit: one person could use all of it.", option=profile.display_name
            )
            yield Look(f"mem_limit {text(as_values(alone))}", said)
        if without_limit(alone, "cpu_limit"):
            said = _("“{option}” removes the CPU limit: one person could use all of it.", option=profile.display_name)
            yield Look(f"cpu_limit {text(as_values(alone))}", said)


def _requests(name: str, settings: Sequence[str]) -> str:
    return _(
        "“{option}” requests {settings}. Staff check that the cluster supports it.",
        option=name, settings=", ".join(str(called(setting)) for setting in settings[:6]),
    )  # fmt: skip


def gpus(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """No limit counts GPUs, so the maximum number of all servers together is reviewed."""
    if each := spec.singleuser.gpus:
        yield Look("gpus", _("GPUs are scarce and expensive, so they need review."), each * spec.seats)


def no_limit(path: str, what: str) -> Judge:
    """Return a judge for a limit of "memory" or "CPU" that is not set."""

    def judge(spec: HubSpec, facts: Facts) -> Iterator[Look]:
        if FIELDS[path].read(spec) is None:
            memory = _("There is no memory limit: one person could use all of it.")
            yield Look(
                "none", memory if what == "memory" else _("There is no CPU limit: one person could use all of it.")
            )

    return judge


def file_server(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    storage = spec.singleuser.storage
    if storage.type == "static":
        message = _("Home directories on a file server. Staff prepare the volume and check that folders are separate.")
        # The shared folder is on a volume that may hold folders of other hubs, too.
        yield Look(f"{storage.static.pvcName} {storage.static.subPath}", message, SHARED[storage.shared])


def storage_class(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    name = spec.singleuser.storage.dynamic.storageClass
    if spec.singleuser.storage.type == "dynamic" and name and name not in facts.storage_classes[:1]:
        said = _("The storage class “{name}” is not the cluster’s default. It may cost more or be shared.", name=name)
        yield Look(name, said)


def many_starts(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    if (starts := spec.hub.concurrentSpawnLimit) > 100:  # JupyterHub's own default
        yield Look(str(starts), _("{starts} concurrent starts may slow down the cluster for others.", starts=starts))


def more(spec: HubSpec, facts: Facts) -> Iterator[Look]:
    """Check also when it becomes empty, because its former content may have restricted access."""
    label = FIELDS["more"].words.label
    message = _("{field}: Staff review it before it takes effect.", field=label)
    if names := sorted({one.name for one in reads(spec.more)}):
        message = _(
            "{field}: Staff review it before it takes effect. It reads {names} in the hub’s namespace.",
            field=label, names=", ".join(names),
        )  # fmt: skip
    subject: list[Any] = [spec.more]
    if get(spec.more, ("hub", "config")):
        # Sign-in settings were reviewed together with the fields that restrict access, such as a domain.
        sign_in = spec.signIn.model_dump(mode="json")
        subject.append({name: said for name, said in sign_in.items() if name not in ("allowedUsers", "adminUsers")})
    amount = _uncounted(spec, followed(spec.more))
    yield Look(text(subject), message, amount)
    for hidden in replaced(followed(spec.more)):
        if is_setting(hidden):
            at = ".".join(hidden)
            said = _("{field}: {at} is stored encrypted and can’t be read. Staff ask what it is.", field=label, at=at)
            yield Look(f"hidden {at}", said)
    for path, said in refused(spec).items():
        subject_text = f"{path} {text(get(spec.more, split(FIELDS[path].values_path)))}"
        at = FIELDS[path].words.label
        yield Look(subject_text, _("{field}: {setting}: {why}", field=label, setting=at, why=said))
    rules = get(followed(spec.more), ("singleuser", "networkPolicy", "egress"))
    for words in harmless(rules).dropped:
        yield Look(f"network {words}", _("Network rules: {rule}", rule=words))
