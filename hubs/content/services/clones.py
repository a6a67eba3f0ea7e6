"""Failed copies of the hub's repository, as reported by people's servers through the hub. The text comes from the
server and is untrusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from hubs.audit.services import events
from hubs.content.rules.clone_words import Why, reason, sentence
from hubs.language import _
from hubs.live import channel as live
from hubs.models import Event, FailedClone, Hub
from hubs.models.clone import CURRENT_FOR, content_key
from hubs.roster.queries.people import nobody

MOST = 2000  # people of one hub
NAMED = 20  # people of one reason that the page lists


@transaction.atomic
def heard(*, hub: Hub, person: str, status: int, said: str, content: Sequence[str], now: datetime) -> bool:
    """Store that a clone failed, or remove the entry after a success. `content` is what the hub fetches. Return False
    and store nothing if that is not what it should fetch now, or the hub does not know this person."""
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
    """Notify those who manage the hub, once a day per reason. The event contains no text of a person's server."""
    branch = hub.spec.singleuser.content.branch
    other = _("Git reported an error. See the hub’s page for details.")
    data = {"note": other if why == Why.OTHER else sentence(why, branch=branch)}
    event = Event(type="hub.content", subject=hub.title, organization=hub.organization.slug, hub=hub.uid, data=data)
    events.emit_once([(f"{hub.uid} {content_key(hub)} {why} {now:%Y-%m-%d}", event)])


@dataclass(frozen=True)
class Reason:
    """Why the repository could not be copied for `count` people, of whom `people` are listed."""

    message: str
    count: int
    people: tuple[str, ...]
    first_at: datetime
    last_at: datetime


def message(row: FailedClone, hub: Hub) -> str:
    return sentence(row.why, branch=hub.spec.singleuser.content.branch, detail=row.detail)


def seen(hub: Hub, now: datetime) -> list[Reason]:
    """Return the current reasons, those with most people first."""
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
    """Delete entries that are no longer current. Return their number."""
    return FailedClone.objects.filter(last_at__lt=now - CURRENT_FOR).delete()[0]
