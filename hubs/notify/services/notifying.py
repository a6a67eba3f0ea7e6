"""Turn an event into notifications: a row in each recipient's inbox and, depending on their settings, an email. A
consumer of webhooks.services.telling, so all its writes are in one transaction with the event's "told_at"."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hubs.audit.rules.changed import VALUES
from hubs.audit.rules.verbs import TELLS, described
from hubs.language import _, plural
from hubs.live import channel as live
from hubs.models import DateNotice, Event, Hub, Mail, Notification, RequestComment, User
from hubs.notify.queries import date_words
from hubs.notify.queries.recipients import Scene
from hubs.notify.rules.audience import KINDS, How, Telling, While, happened
from hubs.notify.rules.quiet_hours import open_at
from hubs.requests.rules import State
from hubs.spec import FIELDS
from hubs.text.sentences import english, filled, paragraph

from . import choices as notification_choices

KEPT = timedelta(days=120)  # how long notifications are stored
LONGEST = 1000  # characters of a note
SHOWN, LONGEST_CHANGE = 5, 120  # fields of a change in a notification, and characters of the values of one
LOOKED_AT = (While.SUBMITTED, While.DRAFT, While.STALLED, While.DATES)  # checked again before an email is sent
DATES = {"hub.end": DateNotice.Kind.ENDED, "hub.retire": DateNotice.Kind.RETIRED}  # events of reminders name their kind


def _short(text: str, most: int) -> str:
    """Return a text that is not longer, in one line. A sentence that is short enough stays what it is."""
    words = " ".join(text.split())
    if len(words) > most:
        return words[: most - 1].rstrip() + "…"
    return text if text == words else words


def facts(scene: Scene) -> dict[str, Any]:
    """Return the values of the placeholders in titles and texts."""
    event = scene.event
    role = (event.data.get("changes") or {}).get("role", ["", ""])[1]
    address, note = event.data.get("address"), _short(event.data.get("note", ""), LONGEST)
    return {
        "subject": _short(event.subject, 100),
        "actor": _short(event.actor_name, 60) or _("The portal"),
        "note": note,
        "quoted": _("“{words}”", words=note) if note else "",
        "numbers": _numbers(event),
        "differences": _differences(event),
        "organization": scene.organization.name if scene.organization else "Hub Portal",
        "role": filled(VALUES["role"].get(role, role), {}),
        "entry": _entry(scene) if event.type == "hub.ready" else "",
        "acts": _acts((event.data.get("changes") or {}).get("account", ["", ""])[1]),
        "where": _("It was done from the address {address}.", address=address) if address else "",
    }


def _entry(scene: Scene) -> str:
    """Return who can sign in to the hub, or what is missing for it."""
    if scene.hub is None or scene.hub.revision is None or scene.hub.spec.signIn.method != "portal":
        return _("People can sign in and work.")
    if scene.hub.roster.exists():
        return _("The people on its list can sign in and work.")
    return _("Add your class or team so that people can sign in.")


def _acts(account: str) -> str:
    """Return what an app can do with a new token, of this service account if there is one."""
    if account:
        return _("An app with this token can act as the service account {account}.", account=account)
    return _("An app with this token can act on your behalf.")


def _numbers(event: Event) -> str:
    """Return the values that staff changed on approval, as sentences, or "" if there are none."""
    if event.type != "request.approve":
        return ""
    changed = {path: pair for path, pair in (event.data.get("changes") or {}).items() if path in FIELDS}
    if not changed:
        return ""
    told = [
        _(
            "{label}: {after} instead of {before}.",
            label=_label(path),
            after=after,
            before=before,
        )
        for path, (before, after) in changed.items()
    ]
    return paragraph([_("Some values differ from your request."), *told, _("You don’t need to do anything.")])


def _differences(event: Event) -> str:
    """Return what a change of a hub changed, as sentences: at most SHOWN fields, long values by their label only."""
    if event.type != "hub.change":
        return ""
    changed = [(path, pair) for path, pair in (event.data.get("changes") or {}).items() if path in FIELDS]
    told = []
    for path, (before, after) in changed[:SHOWN]:
        was, now = str(before or _("nothing")), str(after or _("nothing"))
        if len(was + now) > LONGEST_CHANGE or "\n" in was + now:
            told.append(filled("{label}.", {"label": _label(path)}))
        else:
            told.append(_("{label}: {before} → {after}.", label=_label(path), before=was, after=now))
    more = len(changed) - len(told)
    rest = plural("And {count} more change.", "And {count} more changes.", more) if more else ""
    return paragraph([*told, rest])


def _label(path: str) -> str:
    return filled(FIELDS[path].words.label, {})


def _comment(scene: Scene) -> str:
    """Return the text of the comment, which the event does not contain."""
    said = RequestComment.objects.filter(request=scene.request, internal=False, author__username=scene.event.actor)
    row = said.filter(created_at__lte=scene.event.at).order_by("-pk").first()
    return _short(row.text, LONGEST) if row else ""


def words_of(row: Telling, scene: Scene) -> tuple[str, str]:
    """Return the title and text of this row of the table."""
    known = facts(scene)
    return filled(row.title, known), paragraph(filled(one, known) for one in row.text)


def _words(row: Telling, scene: Scene, now: datetime) -> tuple[str, str] | None:
    """Return the title and text, or None if the notification no longer applies."""
    if row.when == While.DATES:
        kind = scene.event.data.get("notice") or DATES.get(scene.event.type, "")
        said = date_words.words(scene.hub, kind, scene.event.at, now) if scene.hub and kind else None
        return (said.title, said.text) if said else None
    title, text = words_of(row, scene)
    return title, _comment(scene) if scene.event.type == "request.comment" else text


def _still(row: Telling, scene: Scene) -> bool:
    """Return whether the notification still applies."""
    request, hub = scene.request, scene.hub
    match row.when:
        case While.SUBMITTED:
            return request is not None and request.state == State.SUBMITTED
        case While.DRAFT:
            return request is not None and request.state == State.DRAFT
        case While.STALLED:
            return hub is not None and hub.status == Hub.Status.STALLED
        case While.DATES:
            return hub is not None
    return True


def again(told: Notification, event: Event | None, now: datetime) -> tuple[str, str] | None:
    """Return the title and text for a delayed email: dates are computed again. None if it no longer applies."""
    said = told.title, told.text
    rows = [row for row in described(told.type).tells if row.kind == told.kind and row.when in LOOKED_AT]
    if event is None or not rows:
        return said
    scene = Scene.of(event)
    if not _still(rows[0], scene):
        return None
    return _words(rows[0], scene, now) if rows[0].when == While.DATES else said


def said_now(row: Telling, scene: Scene, now: datetime) -> tuple[str, str] | None:
    return _words(row, scene, now) if _still(row, scene) else None


def link(row: Telling, scene: Scene) -> str:
    """Return the path that the button links to."""
    hub, request, place = scene.hub, scene.request, scene.organization
    if row.goes == "webhooks" and place is None:
        return reverse("staff-webhooks")
    if row.goes in ("home", "queue", "profile", "tokens"):
        return reverse(row.goes)
    if row.goes.startswith("hub-") and hub:
        return reverse(row.goes, args=[hub.uid])
    if row.goes and place:
        return reverse(row.goes, args=[place.slug])
    if request and scene.event.type.startswith(("request.", "remind.")):
        return reverse("request", args=[request.uid])
    if hub:
        return reverse("hub", args=[hub.uid])
    return reverse("organization", args=[place.slug]) if place else reverse("home")


def _lines(event: Event) -> Iterable[Telling]:
    facts = {"came_from": str(event.data.get("from", "")), "via": str(event.data.get("via", ""))}
    return (row for row in described(event.type).tells if happened(row, by_person=bool(event.actor), **facts))


def _no_longer(scene: Scene, now: datetime) -> None:
    """Mark notifications that asked staff to review a request as read, once it was decided or recalled."""
    request = scene.request
    if request is None or request.state == State.SUBMITTED:
        return
    asked = [verb for verb, row in TELLS if row.when == While.SUBMITTED]
    rows = Notification.objects.all().unread().filter(request=str(request.uid), type__in=asked)
    if people := list(rows.values_list("person", flat=True)):
        rows.update(read_at=now)
        transaction.on_commit(lambda: live.publish([f"person:{pk}" for pk in people]))


def tell(event: Event) -> None:
    """Create the notification of each recipient, and emails for those who want them immediately."""
    if not described(event.type).tells and not event.request:
        return
    scene, now = Scene.of(event), timezone.now()
    _no_longer(scene, now)
    told: set[int] = set(Notification.objects.filter(event=event.uid).values_list("person", flat=True))
    for row in _lines(event):
        people = [user for user in scene.people(row.who) if user.pk not in told]
        said = said_now(row, scene, now) if people else None
        if said:
            _write(row, scene, said, people, now)
            told |= {user.pk for user in people}


def _write(row: Telling, scene: Scene, said: tuple[str, str], people: list[User], now: datetime) -> None:
    event = scene.event
    hows = notification_choices.of_people(people, row.kind)
    before = str(event.data.get("to", ""))  # an attacker may control the new address
    mails = {
        user.pk: Mail(
            kind=Mail.Kind.NOTICE, person=user, to=before, made_at=now,
            due_at=now if KINDS[row.kind].fixed else _when(user, now),
        )
        for user in people
        if hows[user.pk] == How.NOW and (before or user.verified_email)
    }  # fmt: skip
    Mail.objects.bulk_create(mails.values())
    same = {
        "event": event.uid, "type": event.type, "kind": row.kind, "title": _short(said[0], 250), "text": said[1],
        "button": english(row.button), "link": link(row, scene), "at": now, "organization": event.organization,
        "hub": event.hub, "request": event.request,
    }  # fmt: skip
    Notification.objects.bulk_create(
        Notification(person=user, how=hows[user.pk], mail=mails.get(user.pk), **same) for user in people
    )
    topics = [f"person:{user.pk}" for user in people]
    transaction.on_commit(lambda: live.publish(topics))


def _when(user: User, now: datetime) -> datetime:
    return open_at(now, user.zone, user.quiet_from, user.quiet_until)


def forget(now: datetime) -> int:
    """Delete old notifications, and return how many."""
    return Notification.objects.filter(at__lt=now - KEPT).delete()[0]
