"""The texts of notices about a hub's dates. A delayed email counts the days left when it is sent, or is not sent."""

from dataclasses import dataclass
from datetime import date, datetime

from hubs.days.queries import WARNING, retires_on, today
from hubs.language import _, calendar_day, plural
from hubs.models import DateNotice, Hub
from hubs.text.sentences import paragraph

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
    gone = retires_on(hub) or today(now, hub.organization)
    match notice:
        case Kind.ENDED:
            return _ended(hub, gone)
        case Kind.RETIRING:
            return _retiring(hub, max(gone, today(told + WARNING, hub.organization)))
        case Kind.RETIRED:
            return _retired(hub)
    return _ending(hub, (hub.ends_on - today(now, hub.organization)).days if hub.ends_on else 0)


def _facts(hub: Hub) -> dict[str, str]:
    last = calendar_day(hub.ends_on) if hub.ends_on else ""
    return {"hub": hub.title, "organization": hub.organization.name, "last": last}


def _ended(hub: Hub, gone: date) -> Words:
    text = _(
        "The last day of “{hub}” ({organization}) was {last}. The hub is now suspended: people can’t sign in, and "
        "their files are kept. It will be retired permanently on {day} unless it is extended.",
        day=calendar_day(gone),
        **_facts(hub),
    )
    return Words(_("{hub} has ended", hub=hub.title), text)


def _retiring(hub: Hub, gone: date) -> Words:
    day = calendar_day(gone)
    text = _(
        "“{hub}” ({organization}) ended on {last} and has been suspended since then. It will be retired permanently on "
        "{day} unless it is extended before.",
        day=day,
        **_facts(hub),
    )
    return Words(_("{hub} will be retired on {day}", hub=hub.title, day=day), text)


def _retired(hub: Hub) -> Words:
    text = _(
        "“{hub}” ({organization}) ended on {last}, was not extended, and is now retired.",
        **_facts(hub),
    )
    if hub.keep_files_until:
        day = calendar_day(today(hub.keep_files_until, hub.organization))
        files = _("People’s files are archived until {day}; until then, staff can restore them.", day=day)
    else:
        files = _("People’s files are in the archive of the people who run this portal.")
    return Words(_("{hub} is retired", hub=hub.title), paragraph([text, files]))


def _ending(hub: Hub, left: int) -> Words:
    facts = _facts(hub)
    names = {"hub": facts["hub"], "organization": facts["organization"]}
    if left == 0:
        title = _("{hub} ends today", hub=hub.title)
        text = _("“{hub}” ({organization}) ends today.", **names)
    elif left == 1:
        title = _("{hub} ends tomorrow", hub=hub.title)
        text = _("“{hub}” ({organization}) ends tomorrow.", **names)
    else:
        title = plural("{hub} ends in {count} day", "{hub} ends in {count} days", left, hub=hub.title)
        text = plural(
            "“{hub}” ({organization}) ends in {count} day.",
            "“{hub}” ({organization}) ends in {count} days.",
            left,
            **names,
        )
    rest = _(
        "Its last day is {last}. After that it is suspended: people can’t sign in, and their files are kept. If you "
        "need it for longer, extend it.",
        last=facts["last"],
    )
    return Words(title, paragraph([text, rest]))
