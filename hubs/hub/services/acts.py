"""Actions on a hub: the permission and the desired state that each requires. Used by pages and API."""

from dataclasses import dataclass
from datetime import datetime

from hubs.access import Permission
from hubs.days.queries import Ending
from hubs.hub.queries import presenters
from hubs.models import Hub


@dataclass(frozen=True)
class Act:
    """An action on a hub, with its permission and the desired states in which it is possible."""

    name: str
    need: Permission
    wanted: tuple[Hub.Desired, ...]


LIVING = (Hub.Desired.RUNNING, Hub.Desired.SUSPENDED)
ACTS = (
    Act("change", Permission.OPERATE, LIVING),
    Act("people", Permission.OPERATE, LIVING),
    Act("limits", Permission.LIMITS, LIVING),
    Act("extend", Permission.OPERATE, LIVING),
    Act("resume", Permission.OPERATE, (Hub.Desired.SUSPENDED,)),
    Act("restart", Permission.OPERATE, (Hub.Desired.RUNNING,)),
    Act("suspend", Permission.OPERATE, (Hub.Desired.RUNNING,)),
    Act("retry", Permission.OPERATE, (*LIVING, Hub.Desired.RETIRED)),
    Act("copy", Permission.OPERATE, LIVING),
    Act("starting_point", Permission.AGREE, LIVING),
    Act("take", Permission.OPERATE, LIVING),
    Act("retire", Permission.OPERATE, LIVING),
    Act("pause", Permission.AGREE, LIVING),
    Act("unpause", Permission.AGREE, (*LIVING, Hub.Desired.RETIRED)),
    Act("delete_files", Permission.AGREE, (Hub.Desired.RETIRED,)),
)


def actions(hub: Hub, may: frozenset[Permission], ending: Ending | None, now: datetime) -> dict[str, bool]:
    """Return the actions possible now, by the names of ACTS; those that are missing are not possible."""
    found = {act.name for act in ACTS if act.need in may and hub.desired_state in act.wanted}
    if hub.ends_on is None:
        found -= {"extend"}
    elif ending and ending.ended:
        found -= {"resume", "restart", "suspend"}
    if hub.scheduled:  # nothing exists yet
        found -= {"restart"}
    found -= {"pause"} if hub.paused_at else {"unpause"}
    if not presenters.may_retry(hub):
        found -= {"retry"}
    if not presenters.files_kept(hub, now):
        found -= {"delete_files"}
    return dict.fromkeys(found, True)
