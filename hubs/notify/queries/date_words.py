"""The texts of notices about a hub's dates. A delayed email counts the days left when it is sent, or is not sent."""

from dataclasses import dataclass
from datetime import datetime

from hubs.days.queries import WARNING, day_text, in_days, retires_on, today
from hubs.models import DateNotice, Hub

Kind = DateNotice.Kind


@dataclass(frozen=True)
class Words:
    title: str
    text: str


def _overtaken(hub: Hub, kind: DateNotice.Kind, now: datetime) -> bool:
    """Return whether the notice no longer applies."""
    if kind == Kind.RETIRED:
        return not hub.is_retired
    if kind in (Kind.ENDED, Kind.RETIRING):
        return hub.is_retired or hub.ended_at is None
    return hub.ends_on is None or hub.ends_on < today(now, hub.organization) or hub.is_retired


def words(hub: Hub, kind: str, told: datetime, now: datetime) -> Words | None:
    """Return the title and text, or None if the notice no longer applies. `kind` is one of DateNotice's, `told` the
    time of the event."""
    notice = DateNotice.Kind(kind)
    if _overtaken(hub, notice, now):
        return None
    last = day_text(hub.ends_on) if hub.ends_on else ""
    name = f"“{hub.title}” ({hub.organization.name})"
    gone = retires_on(hub) or today(now, hub.organization)
    match notice:
        case Kind.ENDED:
            text = (
                f"The last day of {name} was {last}. The hub is now suspended: people can’t sign in, and their files "
                f"are kept. It will be retired permanently on {day_text(gone)} unless it is extended."
            )
            return Words(f"{hub.title} has ended", text)
        case Kind.RETIRING:
            day = day_text(max(gone, today(told + WARNING, hub.organization)))
            text = (
                f"{name} ended on {last} and has been suspended since then. It will be retired permanently on {day} "
                "unless it is extended before."
            )
            return Words(f"{hub.title} will be retired on {day}", text)
        case Kind.RETIRED:
            kept = day_text(today(hub.keep_files_until, hub.organization)) if hub.keep_files_until else ""
            text = f"{name} ended on {last}, was not extended, and is now retired. "
            if kept:
                text += f"People’s files are archived until {kept}; until then, staff can restore them."
            else:
                text += "People’s files are in the archive of the people who run this portal."
            return Words(f"{hub.title} is retired", text)
    left = in_days((hub.ends_on - today(now, hub.organization)).days if hub.ends_on else 0)
    text = (
        f"{name} ends {left}. Its last day is {last}. After that it is suspended: people can’t sign in, and their "
        "files are kept. If you need it for longer, extend it."
    )
    return Words(f"{hub.title} ends {left}", text)
