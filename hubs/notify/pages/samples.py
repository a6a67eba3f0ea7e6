"""Sample emails for the gallery. Nothing here reads or writes rows."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from hubs.audit.rules.verbs import TELLS
from hubs.days.queries import today
from hubs.language import _, lazy
from hubs.models import DateNotice, Event, Hub, Invitation, Notification, Organization, Role, User
from hubs.notify.queries import date_words
from hubs.notify.queries.recipients import Scene
from hubs.notify.rules.audience import KINDS, Telling, While
from hubs.notify.services import mails, notifying
from hubs.notify.services.mails import Letter
from hubs.text.sentences import english

NOTES = {
    "request.send_back": lazy("Please say how much memory the image for the last project needs."),
    "request.reject": lazy("We have no GPUs this term. Please request it again in March."),
    "request.approve": lazy("Have a good term."),
    "hub.stalled": lazy("The image can’t be pulled: registry.example.org/stats:2027 does not exist."),
    "hub.content": lazy("The repository has no branch “2026”."),
    "remind.request": lazy("It has been waiting for review for 2 days."),
    "remind.draft": lazy("You last edited it 7 days ago. Send it, or withdraw it to delete it."),
    "remind.stalled": lazy("It has been in this state for 26 hours. The image can’t be pulled."),
    "remind.limit": lazy(
        "Memory in total: 190 GiB of 200 GiB are reserved. Retire hubs that are not needed, or ask staff to raise the "
        "limit."
    ),
    "domain.warn": lazy("The record hubportal-proof.example.edu is missing. Restore it within 7 days."),
    "domain.lapse": lazy("Its verification record was missing for a week. The hub uses its default address."),
    "webhook.paused": lazy("No delivery succeeded for two days. Last attempt: example.org did not answer in time."),
    "limit.decline": lazy("Please try 4 GiB first."),
    "hub.suspend": lazy("Until the exams are over."),
    "account.place": lazy("Firefox on Linux, from 192.0.2.7"),
}


# What these events are about, where that is not a hub.
SUBJECTS = {
    "webhook.paused": "hooks.example.org",
    "account.staff": "Ines Duarte",
    "token.create": lazy("Term script"),
    "device.allow": lazy("Command line on a laptop"),
}
REST = lazy("Daily email and invitation")  # heading of the emails that are not of one kind


def _world() -> tuple[Organization, Hub]:
    place = Organization(pk=0, slug="river", name="River University")
    hub = Hub(pk=0, uid="hsample23456", title="Statistics 101", organization=place, slug="stat-101")
    return place, hub


DECISIONS = ("approve", "send_back", "reject", "allow", "decline")  # by staff


def _name(verb: str, row: Telling) -> str:
    again = "-again" if row.when == While.MENDED else ""
    return f"{verb.replace('.', '-').replace('_', '-')}-{row.kind}{again}"


def _notice(verb: str, row: Telling, person: User) -> Letter:
    place, hub = _world()
    data = {
        "note": str(NOTES.get(verb, "")),
        "address": "192.0.2.7",
        "changes": {"role": ["member", Role.INSTRUCTOR.value]},
    }
    by = {"actor": "ines", "actor_name": "Ines Duarte"}
    if verb.partition(".")[2] in DECISIONS:
        by = {"actor": "stan", "actor_name": "Stan Weber"}
    event = Event(type=verb, subject=str(SUBJECTS.get(verb, hub.title)), organization=place.slug, data=data, **by)
    scene = Scene(event, place, hub, None)
    title, text = notifying.words_of(row, scene)
    if verb == "request.comment":
        text = _("Can we have it a week earlier? The course starts on Monday.")
    link = notifying.link(row, scene)
    if verb.startswith("request."):
        link = reverse("request", args=[uuid.UUID(int=0)])
    told = Notification(kind=row.kind, button=english(row.button), link=link)
    return mails.notice(told, person, (title, text))


def _dates(person: User) -> Iterator[tuple[str, Letter]]:
    now = timezone.now()
    _place, hub = _world()
    link, day = reverse("hub-extend", args=[hub.uid]), today(now, hub.organization)
    told = Notification(kind="dates", button="Extend the hub", link=link)
    for kind in DateNotice.Kind:
        over = kind in ("ended", "retiring", "retired")
        left = -1 if over else int(kind.value.removeprefix("in-"))
        hub.ends_on, hub.ended_at = day + timedelta(days=left), now if over else None
        hub.desired_state = Hub.Desired.RETIRED if kind == "retired" else Hub.Desired.RUNNING
        if said := date_words.words(hub, kind, now, now):
            yield f"dates-{kind}", mails.notice(told, person, (said.title, said.text))


def samples(person: User) -> dict[str, Letter]:
    """Return the sample emails by name, as this person would receive them."""
    place, hub = _world()
    found = {_name(verb, row): _notice(verb, row, person) for verb, row in TELLS if row.when != While.DATES}
    found |= dict(_dates(person))
    lines = [found["hub-ready-hub"], found["dates-in-7"], found["request-comment-comment"]]
    rows = [(Notification(link=reverse("hub", args=[hub.uid])), (each.subject, " ".join(each.lines))) for each in lines]
    found["daily"] = mails.digest(rows, person)
    ends = timezone.now() + timedelta(days=14)
    asked = Invitation(organization=place, role=Role.INSTRUCTOR, invited_by=person, token="a-secret", expires_at=ends)  # noqa: S106
    found["invitation"] = mails.invitation(asked)
    return {name: _harmless(name, letter) for name, letter in found.items()}


def _harmless(name: str, letter: Letter) -> Letter:
    """Return the letter with a link to its own page in place of the reader's real unsubscribe link."""
    return replace(letter, stop=mails.whole(reverse("mail-sample", args=[name]))) if letter.stop else letter


def groups(person: User) -> dict[str, dict[str, Letter]]:
    """Return the sample emails by name, in groups by the title of their kind, in the order of KINDS."""
    kinds = {_name(verb, row): row.kind for verb, row in TELLS}
    titles = {name: str(kind.title) for name, kind in KINDS.items()}
    found: dict[str, dict[str, Letter]] = {title: {} for title in (*titles.values(), str(REST))}
    for name, letter in samples(person).items():
        kind = kinds.get(name) or ("dates" if name.startswith("dates-") else "")
        found[titles[kind] if kind else str(REST)][name] = letter
    return {title: letters for title, letters in found.items() if letters}
