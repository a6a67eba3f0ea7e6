"""What a change does to a running hub, in sentences: to the hub, its running servers, and people's files. Pure.

Each sentence is covered by the test named next to it, in tests/test_consequences.py unless stated otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubs.language import _, plural
from hubs.models import Cluster, Hub
from hubs.spec import FIELDS, HubSpec
from hubs.spec.capabilities import Capabilities
from hubs.spec.profile_order import orders
from hubs.spec.sign_in_config import how_named, stripped_domain
from hubs.spec.trees import get, split
from hubs.spec.types import storage_mib

NEUTRAL, WARNING = "neutral", "warning"
NAMES = ("signIn.method", "signIn.google.username_claim", "signIn.oauth.username_claim", "signIn.lti13.username_key")


@dataclass(frozen=True)
class Consequence:
    """One consequence."""

    tone: str
    title: str
    text: str


class _Side:
    """A spec with the values that its hub uses, computed once for all sentences."""

    def __init__(self, spec: HubSpec) -> None:
        self.spec, self.values = spec, spec.effective

    def followed(self) -> dict[str, object]:
        """Return everything that the hub's own process reads."""
        spec = self.spec
        title = spec.about.title if spec.signIn.method == "portal" else ""  # shown to people without access
        order = orders(get(self.values, ("singleuser", "profileList")))
        return {"values": self.values, "order": order, "seats": spec.seats, "title": title, "pages": spec.homePage}

    def read(self, *path: str) -> Any:
        """Return what the hub's own process reads at this path of its values."""
        return get(self.values, path, {})

    def offered(self) -> set[str]:
        """Return the names of the profiles that people can choose."""
        found = get(self.values, ("singleuser", "profileList"), [])
        return {str(one.get("slug") or one.get("display_name")) for one in found if isinstance(one, dict)}


def restarts(before: HubSpec, after: HubSpec) -> bool:
    """Return whether the hub's process restarts: it does if anything that it reads changes."""
    return _restarts(_Side(before), _Side(after))


def _restarts(before: _Side, after: _Side) -> bool:
    return before.followed() != after.followed()


def shapes_servers(before: HubSpec, after: HubSpec) -> bool:
    """Return whether a new server differs from a running one."""
    return _shapes(_Side(before), _Side(after))


def _shapes(before: _Side, after: _Side) -> bool:
    old, new = before.read("singleuser"), after.read("singleuser")
    return {**old, "networkPolicy": None} != {**new, "networkPolicy": None}


def _differs(before: _Side, after: _Side, *paths: str) -> bool:
    """Return whether one of these fields is used and changes, or the hub's values at its path do."""
    fields, old, new = [FIELDS[path] for path in paths], before.spec, after.spec
    if any(f.read(old) != f.read(new) for f in fields if f.asked(old) or f.asked(new)):
        return True
    ats = [split(f.values_path) for f in fields if f.values_path]
    return any(get(before.values, at) != get(after.values, at) for at in ats)


def _can(hub: Hub) -> Capabilities | None:
    """Return what its cluster can do; None before it has one."""
    return hub.cluster.can if hub.cluster_id is not None else None


def _running(servers: list[dict[str, str]] | None, shaped: bool) -> Consequence:
    if servers is None:
        known = _("It is not known at the moment how many servers are running.")
    else:
        known = plural("1 server is running.", "{count} servers are running.", len(servers))
    if shaped:
        text = _("Running servers are not changed. The new settings apply when people stop and start their servers.")
        return Consequence(WARNING, known, text)
    return Consequence(NEUTRAL, known, _("Running servers keep their settings."))


def consequences(before: HubSpec, after: HubSpec, hub: Hub) -> list[Consequence]:
    """Return what happens if `after` replaces `before`; [] if nothing changes."""
    if before == after:
        return []
    return _consequences(_Side(before), _Side(after), hub)


def _consequences(before: _Side, after: _Side, hub: Hub) -> list[Consequence]:
    if hub.desired_state == Hub.Desired.SUSPENDED:
        return [Consequence(NEUTRAL, _("The hub is suspended"), _("The change takes effect when the hub is resumed.")),
                *_for_people(before, after, hub)]  # fmt: skip
    if not _restarts(before, after):
        return [Consequence(NEUTRAL, _("The hub does not restart"), _("People who are working are not affected."))]
    if hub.servers == []:
        text = _("People can’t sign in or start servers for a few seconds. No servers are running.")
        return [Consequence(NEUTRAL, _("The hub restarts"), text), *_for_people(before, after, hub)]
    found = [
        Consequence(
            NEUTRAL,
            _("The hub restarts"),
            _("People can’t sign in or start servers for a few seconds. Running servers continue."),
        ),
        _running(hub.servers, _shapes(before, after)),
    ]
    if before.read("cull") != after.read("cull"):
        text = _("The new rules also apply to running servers. Those that exceed the new limits are stopped.")
        found.append(Consequence(WARNING, _("Rules for stopping idle servers change"), text))
    return found + _for_people(before, after, hub)


def one_machine(place: Cluster) -> list[Consequence]:
    """Warn about a new hub in a cluster that does not separate people from each other."""
    if place.can.isolates_people:
        return []
    text = _(
        "People can see each other’s processes, and limits of memory and CPU are not enforced. Use such a hub for "
        "evaluation or among people who trust each other, not for exams or confidential data."
    )
    return [Consequence(WARNING, _("This hub would run on a single machine"), text)]


def without_effect(remarks: Mapping[str, str]) -> list[Consequence]:
    """Return what a hub can't honour: each sentence once, with its fields."""
    labels: dict[str, list[str]] = {}
    for path, words in remarks.items():
        labels.setdefault(words, []).append(str(FIELDS[path].words.label))
    return [Consequence(NEUTRAL, ", ".join(who), words) for words, who in labels.items()]


def _named_otherwise(before: HubSpec, after: HubSpec) -> bool:
    """Return whether existing user names change. Adding an institution does not change any."""
    old, new = how_named(before.signIn), how_named(after.signIn)
    otherwise = any(name in old and old[name] != way for name, way in new.items())
    return otherwise or stripped_domain(before.signIn) != stripped_domain(after.signIn)


def _for_people(before: _Side, after: _Side, hub: Hub) -> list[Consequence]:
    """Return what people will notice."""
    can = _can(hub)
    found = _files(before, after, can is None or can.volumes)
    if _differs(before, after, *NAMES) or _named_otherwise(before.spec, after.spec):
        text = _(
            "If the new method gives people different user names, they start with an empty home directory. Try it "
            "with one person first."
        )
        found.append(Consequence(WARNING, _("The sign-in method changes"), text))
    if before.read("singleuser", "networkPolicy") != after.read("singleuser", "networkPolicy"):
        found += _network(hub)
    gone = before.offered() - after.offered()
    if gone:
        named = ", ".join(sorted(gone)[:5])
        text = _("{options}. Running servers with these options continue until they are stopped.", options=named)
        found.append(Consequence(NEUTRAL, _("No longer offered"), text))
    return found


def _network(hub: Hub) -> list[Consequence]:
    can = _can(hub)
    if can and not can.network_policies:
        return []
    if hub.cluster_id and not hub.cluster.enforces_network_policy:
        text = _(
            "This cluster does not enforce network policies, so servers can reach the same destinations as before."
        )
        return [Consequence(NEUTRAL, _("Network access does not change"), text)]
    return [Consequence(WARNING, _("Network access changes immediately"), _("This also applies to running servers."))]


def _kept(spec: HubSpec, volumes: bool) -> tuple[str, ...]:
    """Return where people's files are: a different result means an empty home directory. () if they are not saved."""
    storage = spec.singleuser.storage
    if storage.type == "none":
        return ()
    if not volumes:
        return ("folder",)
    return (storage.type, storage.static.pvcName, storage.static.subPath) if storage.type == "static" else ("dynamic",)


def _files(before: _Side, after: _Side, volumes: bool) -> list[Consequence]:
    old, new = _kept(before.spec, volumes), _kept(after.spec, volumes)
    if not old and not new:
        return []
    if not old:
        text = _("From their next start on, people’s files are saved. Files in running servers are not saved.")
        return [Consequence(NEUTRAL, _("Files will be saved"), text)]
    if old != new:
        text = _("People start with an empty home directory. Their old files are not deleted, but not moved either.")
        return [Consequence(WARNING, _("The location of files changes"), text)]
    if not volumes:
        return []
    found = []
    if _differs(before, after, "singleuser.storage.homeMountPath"):
        text = _("From their next start on, people find their files in this folder of the image.")
        found.append(Consequence(WARNING, _("The home directory changes"), text))
    if new == ("dynamic",):
        found += _disks(before, after)
    return found


def _disks(before: _Side, after: _Side) -> list[Consequence]:
    """People's own volumes: provisioning.runtimes.kubernetes.volumes.grow_homes resizes them with the hub's next
    configuration. KubeSpawner creates missing ones, and does not change existing ones."""
    found = []
    old, new = (storage_mib(side.spec.singleuser.storage.capacity) for side in (before, after))
    if new > old:
        text = _(
            "Existing home directories that are smaller grow to this size, if their storage class supports it. "
            "Otherwise, they keep their size."
        )
        found.append(Consequence(NEUTRAL, _("Home directories grow"), text))
    elif new < old:
        text = _("Existing home directories keep their size, because volumes can’t shrink. New ones are smaller.")
        found.append(Consequence(NEUTRAL, _("New home directories only"), text))
    if _differs(before, after, "singleuser.storage.dynamic.storageClass"):
        text = _("Existing home directories keep their storage class. New ones use the new storage class.")
        found.append(Consequence(NEUTRAL, _("New storage class for new home directories"), text))
    return found
