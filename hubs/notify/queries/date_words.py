"""What the calendar's notices say about the days of a hub. A mail that had to wait says how many days are left when it
goes out, or does not go out."""

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
    """Would it say what is no longer so?"""
    if kind == Kind.RETIRED:
        return not hub.is_retired
    if kind in (Kind.ENDED, Kind.RETIRING):
        return hub.is_retired or hub.ended_at is None
    return hub.ends_on is None or hub.ends_on < today(now, hub.organization) or hub.is_retired


def words(hub: Hub, kind: str, told: datetime, now: datetime) -> Words | None:
    """`kind` is one of DateNotice's, `told` when the calendar told it. None when there is nothing to say any more."""
    notice = DateNotice.Kind(kind)
    if _overtaken(hub, notice, now):
        return None
    last = day_text(hub.ends_on) if hub.ends_on else ""
    name = f"“{hub.title}” ({hub.organization.name})"
    stays = "nobody can sign in, and everybody’s files are kept"
    gone = retires_on(hub) or today(now, hub.organization)
    match notice:
        case Kind.ENDED:
            text = f"The last day of {name} was {last}. The hub is suspended now: {stays}. If nobody extends it, it is "
            return Words(f"{hub.title} has ended", f"{text}retired for good on {day_text(gone)}.")
        case Kind.RETIRING:
            day = day_text(max(gone, today(told + WARNING, hub.organization)))
            text = f"{name} ended on {last} and is suspended since. On {day} it is retired for good, unless somebody "
            return Words(f"{hub.title} will be retired on {day}", f"{text}extends it before.")
        case Kind.RETIRED:
            kept = day_text(today(hub.keep_files_until, hub.organization)) if hub.keep_files_until else ""
            files = f"People’s files are kept until {kept}: until then staff can get something back."
            files = files if kept else "People’s files are in the archive of whoever runs the portal."
            text = f"{name} ended on {last}, nobody extended it, and it is retired now. {files}"
            return Words(f"{hub.title} is retired", text)
    left = in_days((hub.ends_on - today(now, hub.organization)).days if hub.ends_on else 0)
    text = f"{name} ends {left}: {last} is its last day. Then it is suspended: {stays}. Needed for longer? Extend it."
    return Words(f"{hub.title} ends {left}", text)
