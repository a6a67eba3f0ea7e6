"""What people's servers report about the repository for every home. The hub hands it on; the text is the server's own,
and so nobody's to trust."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from hubs.audit.services import events
from hubs.content.rules.clone_words import Why, reason, sentence
from hubs.live import channel as live
from hubs.models import Event, FailedClone, Hub
from hubs.models.clone import CURRENT_FOR, content_key
from hubs.roster.queries.people import nobody

MOST = 2000  # people of one hub
OTHER = "Git reported an error. The hub’s page shows it."
NAMED = 20  # people of one reason whom the page names


@transaction.atomic
def heard(*, hub: Hub, person: str, status: int, said: str, content: Sequence[str], now: datetime) -> bool:
    """Keep that a clone failed, or that it no longer does. `content` is what the hub fetches: False, and nothing is
    kept, when that is no longer what it should fetch, or when nobody of this hub has this name."""
    key = content_key(hub)
    if not hub.spec.singleuser.content.repository or " ".join(content) != key or nobody(hub, person):
        return False
    rows = FailedClone.objects.filter(hub=hub)
    if status == 0:
        if rows.filter(person=person).delete()[0]:
            live.changed_on_commit(hub=hub)
        return True
    rows.exclude(content=key).delete()
    known = rows.filter(person=person, last_at__gt=now - CURRENT_FOR).first()
    if known is None and rows.exclude(person=person).count() >= MOST:
        return False
    why, detail = reason(status, said)
    first = known.first_at if known else now
    values = {"content": key, "why": why, "detail": detail, "first_at": first, "last_at": now}
    FailedClone.objects.update_or_create(hub=hub, person=person, defaults=values)
    _tell(hub, why, now)
    live.changed_on_commit(hub=hub)
    return True


def _tell(hub: Hub, why: Why, now: datetime) -> None:
    """Who runs the hub is notified of each kind of reason once a day. The event has no words of a person's server."""
    branch = hub.spec.singleuser.content.branch
    data = {"note": OTHER if why == Why.OTHER else sentence(why, branch=branch)}
    event = Event(type="hub.content", subject=hub.title, organization=hub.organization.slug, hub=hub.uid, data=data)
    events.emit_once([(f"{hub.uid} {content_key(hub)} {why} {now:%Y-%m-%d}", event)])


@dataclass(frozen=True)
class Reason:
    """Why some people lack the repository: `count` of them, of whom `people` are named."""

    message: str
    count: int
    people: tuple[str, ...]
    first_at: datetime
    last_at: datetime


def message(row: FailedClone, hub: Hub) -> str:
    return sentence(row.why, branch=hub.spec.singleuser.content.branch, detail=row.detail)


def seen(hub: Hub, now: datetime) -> list[Reason]:
    """Reasons that are current, with most people first."""
    if not hub.spec.singleuser.content.repository or hub.is_retired:
        return []
    found: dict[str, list[FailedClone]] = {}
    for row in FailedClone.objects.current(hub, now).order_by("person"):
        found.setdefault(message(row, hub), []).append(row)
    reasons = [
        Reason(
            words, len(rows), tuple(row.person for row in rows[:NAMED]),
            min(row.first_at for row in rows), max(row.last_at for row in rows),
        )
        for words, rows in found.items()
    ]  # fmt: skip
    return sorted(reasons, key=lambda one: (-one.count, one.message))


def forget(now: datetime) -> int:
    """Delete what is too old to be current; how many."""
    return FailedClone.objects.filter(last_at__lt=now - CURRENT_FOR).delete()[0]
