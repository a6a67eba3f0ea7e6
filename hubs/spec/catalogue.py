"""Starting points of requests: those of a new portal (staff can add more), and the facts on their cards."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from hubs.language import _, lazy, plural
from hubs.spec.capabilities import Capabilities
from hubs.spec.diff import gib_text
from hubs.spec.draft import NAMELESS, Draft, to_draft
from hubs.spec.fields import FIELDS
from hubs.spec.hub import About, HubSpec

ALWAYS_ASKED = frozenset({"about.title"})  # only the requester can answer it
# Values of a single hub, which a starting point made from it does not take over.
OF_ONE_HUB = ("about.title", "about.starts", "about.early", "about.ends", "signIn.adminUsers", "signIn.allowedUsers")


@cache
def _defaults() -> Mapping[str, str]:
    return MappingProxyType(to_draft(HubSpec(about=About(title=NAMELESS))))


def beginning(values: Draft) -> Draft:
    """Return the initial form: the defaults, overridden by a starting point's values, without a name."""
    known = {path: text for path, text in values.items() if path in FIELDS}
    return {**_defaults(), **known, "about.title": ""}


def of_hub(spec: HubSpec) -> Draft:
    """Return the values of a starting point made from this hub, without those that belong only to the hub."""
    return beginning({path: text for path, text in to_draft(spec).items() if path not in OF_ONE_HUB})


def card_facts(spec: HubSpec, clusters: Collection[Capabilities] = ()) -> list[str]:
    """Return the facts on the catalogue card, derived from the spec so that they are always correct. What none of the
    `clusters` supports is left out, because the hub would not have it."""
    memory = spec.singleuser.memory.limit
    keeps = spec.singleuser.storage.type != "none"
    sized = spec.singleuser.storage.type == "dynamic" and (not clusters or any(can.volumes for can in clusters))
    sizes = {"memory": gib_text(spec.memory_mib), "storage": gib_text(spec.storage_mib)}
    files = _("{storage} of storage per person", storage=sizes["storage"]) if sized else _("files are saved")
    facts = [
        _("{memory} of memory per person", memory=sizes["memory"]) if memory else _("no memory limit"),
        files if keeps else _("files are not saved"),
        _("no sign-in") if spec.signIn.method == "tmp" else _("sign-in required"),
    ]
    choices = len(spec.singleuser.profileList)
    if choices and (not clusters or any(can.profiles for can in clusters)):
        facts.append(plural("{count} server option", "{count} server options", choices))
    return facts


@dataclass(frozen=True)
class StartingPoint:
    name: str
    title: str
    summary: str
    icon: str
    values: Draft = field(default_factory=dict)

    def draft(self) -> Draft:
        """Return the initial form: the defaults, overridden by this starting point's values."""
        return beginning(self.values)


STARTING_POINTS: dict[str, StartingPoint] = {
    point.name: point
    for point in (
        StartingPoint(
            "class",
            lazy("Class"),
            lazy("A course with a list of students. Everyone gets the same resources."),
            "book",
            {"about.purpose": "class", "cull.maxAge": "720", "cull.every": "5"},
        ),
        StartingPoint(
            "research",
            lazy("Research team"),
            lazy("A small team that needs more memory, for months or years."),
            "flask",
            {
                "about.purpose": "research",
                "about.heads": "10",
                "singleuser.memory.limit": "8",
                "singleuser.memory.guarantee": "2",
                "singleuser.cpu.limit": "4",
                "singleuser.cpu.guarantee": "0.5",
                "singleuser.storage.capacity": "50",
                "cull.timeout": "120",
            },
        ),
        StartingPoint(
            "event",
            lazy("Workshop or event"),
            lazy("A day or two, without accounts. Files are not saved."),
            "calendar",
            {
                "about.purpose": "event",
                "signIn.method": "tmp",
                "singleuser.memory.limit": "2",
                "singleuser.memory.guarantee": "1",
                "singleuser.storage.type": "none",
                "singleuser.startTimeout": "10",
                "cull.timeout": "30",
                "cull.every": "5",
                "cull.users": "yes",
            },
        ),
        StartingPoint(
            "public",
            lazy("Public content"),
            lazy("For readers who want to try the notebooks of a book or paper."),
            "globe",
            {
                "about.purpose": "public",
                "about.heads": "20",
                "signIn.method": "tmp",
                "singleuser.memory.limit": "0.5",
                "singleuser.memory.guarantee": "0.25",
                "singleuser.cpu.limit": "1",
                "singleuser.storage.type": "none",
                "cull.timeout": "10",
                "cull.every": "1",
                "cull.maxAge": "120",
                "cull.users": "yes",
            },
        ),
    )
}
