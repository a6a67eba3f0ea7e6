"""How somebody wants to hear of things, and when."""

from collections.abc import Iterable, Mapping
from datetime import time

from django.db import transaction

from hubs.audit.services import audit
from hubs.errors import Invalid, NotAllowed
from hubs.models import NotificationChoice, User
from hubs.notify.rules.audience import KINDS, How
from hubs.notify.rules.quiet import is_zone

CHOSEN = frozenset(name for name, kind in KINDS.items() if not kind.fixed)
DAILY = "digest"  # in a link that ends mails: all that comes once a day


def of_people(people: Iterable[User], kind: str) -> dict[int, How]:
    """How each of them wants to hear of this kind, in one query."""
    people = list(people)
    if KINDS[kind].fixed:
        return {user.pk: KINDS[kind].default for user in people}
    rows = NotificationChoice.objects.filter(person__in=people, kind=kind).values_list("person", "how")
    chosen = {person: How(how) for person, how in rows}
    return {user.pk: chosen.get(user.pk) or KINDS[kind].usual(staff=user.is_staff) for user in people}


def of(person: User) -> dict[str, How]:
    """How they hear of each kind."""
    rows = NotificationChoice.objects.filter(person=person).values_list("kind", "how")
    chosen = {kind: How(how) for kind, how in rows}
    chosen = {kind: how for kind, how in chosen.items() if kind in CHOSEN}
    return {name: chosen.get(name) or kind.usual(staff=person.is_staff) for name, kind in KINDS.items()}


def _save(person: User, hows: Mapping[str, How]) -> dict[str, list[str]]:
    """Write what differs; returns it for the audit."""
    before = of(person)
    changes = {kind: [str(before[kind]), str(how)] for kind, how in hows.items() if before[kind] != how}
    for kind in changes:
        NotificationChoice.objects.update_or_create(person=person, kind=kind, defaults={"how": hows[kind]})
    return changes


def _checked(hows: Mapping[str, str]) -> dict[str, How]:
    wrong = [kind for kind, how in hows.items() if kind not in KINDS or how not in set(How)]
    fixed = [kind for kind, how in hows.items() if kind in KINDS and KINDS[kind].fixed and how != KINDS[kind].default]
    if fixed:
        words = "This cannot be turned off: it is about the security of your account."
        raise Invalid(words, {kind: [words] for kind in fixed})
    if wrong:
        raise Invalid("Choose one of the ways.", {kind: ["Choose one of the ways."] for kind in wrong})
    return {kind: How(how) for kind, how in hows.items()}


@transaction.atomic
def choose(
    *,
    person: User,
    by: User,
    hows: Mapping[str, str],
    time_zone: str,
    quiet_from: time | None,
    quiet_until: time | None,
) -> User:
    """Raises Invalid by field (a kind, "time_zone", "quiet_until"), NotAllowed for anybody else's."""
    if person.pk != by.pk or (by.token and by.token.bound):
        raise NotAllowed("Everybody chooses their own, and a token for one place does not choose for them.")
    if time_zone and not is_zone(time_zone):
        raise Invalid("There is no such time zone.", {"time_zone": ["Choose one of the list, such as Europe/Berlin."]})
    if (quiet_from is None) != (quiet_until is None):
        missing = "quiet_until" if quiet_until is None else "quiet_from"
        raise Invalid.beside(missing, "Give both times, or none.")
    changes = _save(person, _checked(hows))
    when = {"time_zone": time_zone, "quiet_from": quiet_from, "quiet_until": quiet_until}
    for name, value in when.items():
        if getattr(person, name) != value:
            changes[name] = [str(getattr(person, name) or ""), str(value or "")]
            setattr(person, name, value)
    person.save(update_fields=list(when))
    if changes:
        audit.record("account.notifications", by=by, subject=person.display_name, changes=changes)
    return person


@transaction.atomic
def stop(*, person: User, kind: str) -> User:
    """No more mails of this kind (DAILY: no more daily mails); the inbox goes on. By whoever has the link of a mail."""
    now = of(person)
    ends = (
        [name for name, how in now.items() if how == How.DAILY] if kind == DAILY else [kind] if kind in CHOSEN else []
    )
    if changes := _save(person, dict.fromkeys(ends, How.INBOX)):
        note = "by the link in a mail"
        audit.record("account.notifications", by=person, subject=person.display_name, changes=changes, note=note)
    return person
