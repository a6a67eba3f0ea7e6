"""What a change does to a hub that runs, in sentences: to the hub, to servers that run now, to people's files. Pure."""

from dataclasses import dataclass

from hubs.models import Hub
from hubs.spec import FIELDS, HubSpec
from hubs.spec.effective import values
from hubs.spec.sign_in_config import stripped_domain
from hubs.spec.trees import get, split

NEUTRAL, WARNING = "neutral", "warning"
# Where people's files are: another answer is another, empty home.
HOMES = (
    "singleuser.storage.type", "singleuser.storage.static.pvcName", "singleuser.storage.static.subPath",
)  # fmt: skip
NAMES = ("signIn.method", "signIn.cilogon.username_claim", "signIn.oauth.username_claim", "signIn.lti13.username_key")


@dataclass(frozen=True)
class Consequence:
    """One thing that will happen."""

    tone: str
    title: str
    text: str


def _followed(spec: HubSpec) -> dict[str, object]:
    """All that the hub's own process reads of a spec."""
    title = spec.about.title if spec.signIn.method == "portal" else ""  # it greets who is not on the list
    return {"values": values(spec), "title": title, "pages": spec.homePage}


def restarts(before: HubSpec, after: HubSpec) -> bool:
    """Whether the hub's process is started anew: it is, whenever it reads something else."""
    return _followed(before) != _followed(after)


def shapes_servers(before: HubSpec, after: HubSpec) -> bool:
    """Whether a server that starts afterwards differs from one that runs now."""
    old, new = (get(_followed(spec), ("values", "singleuser"), {}) for spec in (before, after))
    return {**old, "networkPolicy": None} != {**new, "networkPolicy": None}


def _differs(before: HubSpec, after: HubSpec, *paths: str) -> bool:
    """In the fields, and in what the hub follows: what a field does not take may stand in "more"."""
    old, new = values(before), values(after)
    places = [split(FIELDS[path].values_path) for path in paths if FIELDS[path].values_path]
    return any(FIELDS[path].read(before) != FIELDS[path].read(after) for path in paths) or any(
        get(old, place) != get(new, place) for place in places
    )


def _offered(spec: HubSpec) -> set[str]:
    """Names of the profiles that people choose from."""
    found = get(values(spec), ("singleuser", "profileList"), [])
    return {str(one.get("slug") or one.get("display_name")) for one in found if isinstance(one, dict)}


def _running(servers: list[dict[str, str]] | None, shaped: bool) -> Consequence:
    if servers is None:
        known = "We can’t ask the hub at the moment how many servers run."
    elif not servers:
        return Consequence(NEUTRAL, "No server runs now", "Whoever starts one has the new settings.")
    else:
        known = "1 server runs now." if len(servers) == 1 else f"{len(servers)} servers run now."
    if shaped:
        return Consequence(WARNING, known, "They go on as they are. Stopped and started again, they are as you ask.")
    return Consequence(NEUTRAL, known, "They go on, and nothing changes for them.")


def consequences(before: HubSpec, after: HubSpec, hub: Hub) -> list[Consequence]:
    """What happens when `after` takes the place of `before`. [] when nothing would change."""
    if before == after:
        return []
    if hub.desired_state == Hub.Desired.SUSPENDED:
        return [Consequence(NEUTRAL, "The hub is suspended", "It counts from when the hub is resumed."),
                *_for_people(before, after)]  # fmt: skip
    if not restarts(before, after):
        return [Consequence(NEUTRAL, "The hub does not restart", "Only the portal has to know this.")]
    found = [
        Consequence(
            NEUTRAL,
            "The hub restarts",
            "For some seconds nobody can sign in or start a server. Who works goes on working.",
        ),
        _running(hub.servers, shapes_servers(before, after)),
    ]
    return found + _for_people(before, after)


def _for_people(before: HubSpec, after: HubSpec) -> list[Consequence]:
    """What people will notice of it, beyond what they were given."""
    found = []
    if _differs(before, after, *HOMES):
        text = "People find an empty home when they start again. Their old files are kept, but not moved."
        found.append(Consequence(WARNING, "Files are somewhere else afterwards", text))
    elif _differs(before, after, "singleuser.storage.homeMountPath"):
        text = "People’s files appear in this folder of the image from their next start on."
        found.append(Consequence(WARNING, "Another folder for files", text))
    elif _differs(before, after, "singleuser.storage.capacity", "singleuser.storage.dynamic.storageClass"):
        text = "Homes that exist stay as they are. Homes that are made from now on are as you ask."
        found.append(Consequence(NEUTRAL, "For new homes", text))
    if _differs(before, after, *NAMES) or stripped_domain(before.signIn) != stripped_domain(after.signIn):
        text = "If the new way calls somebody by another name, they begin with an empty home. Try it with one person."
        found.append(Consequence(WARNING, "People sign in another way", text))
    if _differs(before, after, "singleuser.internet"):
        found.append(Consequence(WARNING, "Internet access changes at once", "Also for servers that run now."))
    gone = _offered(before) - _offered(after)
    if gone:
        named = ", ".join(sorted(gone)[:5])
        text = f"{named}. Who has it running keeps it until their server stops."
        found.append(Consequence(NEUTRAL, "No longer offered", text))
    return found
