"""Notification settings: how and when people are notified."""

from collections.abc import Iterable, Mapping
from datetime import time

from django.db import transaction

from hubs.audit.services import audit
from hubs.errors import Invalid, NotAllowed
from hubs.language import _
from hubs.models import NotificationChoice, User
from hubs.notify.rules.audience import KINDS, How
from hubs.notify.rules.quiet_hours import is_zone

CHOSEN = frozenset(name for name, kind in KINDS.items() if not kind.fixed)
DAILY = "digest"  # in an unsubscribe link: everything in the daily email


def of_people(people: Iterable[User], kind: str) -> dict[int, How]:
    """Return how each person is notified of this kind, by primary key, in one query."""
    people = list(people)
    if KINDS[kind].fixed:
        return {user.pk: KINDS[kind].default for user in people}
    rows = NotificationChoice.objects.filter(person__in=people, kind=kind).values_list("person", "how")
    chosen = {person: How(how) for person, how in rows}
    return {user.pk: chosen.get(user.pk) or KINDS[kind].usual(staff=user.is_staff) for user in people}


def of(person: User) -> dict[str, How]:
    """Return how this person is notified of each kind."""
    rows = NotificationChoice.objects.filter(person=person).values_list("kind", "how")
    chosen = {kind: How(how) for kind, how in rows}
    chosen = {kind: how for kind, how in chosen.items() if kind in CHOSEN}
    return {name: chosen.get(name) or kind.usual(staff=person.is_staff) for name, kind in KINDS.items()}


def _save(person: User, hows: Mapping[str, How]) -> dict[str, list[str]]:
    """Save what differs, and return it for the audit log."""
    before = of(person)
    changes = {kind: [str(before[kind]), str(how)] for kind, how in hows.items() if before[kind] != how}
    for kind in changes:
        NotificationChoice.objects.update_or_create(person=person, kind=kind, defaults={"how": hows[kind]})
    return changes


def _checked(hows: Mapping[str, str]) -> dict[str, How]:
    wrong = [kind for kind, how in hows.items() if kind not in KINDS or how not in set(How)]
    fixed = [kind for kind, how in hows.items() if kind in KINDS and KINDS[kind].fixed and how != KINDS[kind].default]
    if fixed:
        words = _("These notifications can’t be turned off, because they are about the security of your account.")
        raise Invalid(words, {kind: [words] for kind in fixed})
    if wrong:
        words = _("Choose one of the options.")
        raise Invalid(words, {kind: [words] for kind in wrong})
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
    """Save a person's settings. Raise Invalid by field (a kind, "time_zone", "quiet_until"), and NotAllowed for
    another person's settings."""
    if person.pk != by.pk or (by.token and by.token.bound):
        raise NotAllowed(
            _("You can only change your own notification settings, and not with a token for one hub or organisation.")
        )
    if time_zone and not is_zone(time_zone):
        problem = _("Choose a time zone from the list, such as Europe/Berlin.")
        raise Invalid(_("Unknown time zone."), {"time_zone": [problem]})
    if (quiet_from is None) != (quiet_until is None):
        missing = "quiet_until" if quiet_until is None else "quiet_from"
        raise Invalid.beside(missing, _("Enter both times, or neither."))
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
    """End emails of this kind (DAILY: the daily email); the inbox still has them. Used by the link in an email."""
    now = of(person)
    ends = (
        [name for name, how in now.items() if how == How.DAILY] if kind == DAILY else [kind] if kind in CHOSEN else []
    )
    if changes := _save(person, dict.fromkeys(ends, How.INBOX)):
        note = _("with the link in an email")
        audit.record("account.notifications", by=person, subject=person.display_name, changes=changes, note=note)
    return person
