"""Webhooks: addresses and the events they receive. Sending is in .deliveries.

An address may contain credentials, so audit lines, events and logs only have its host.
"""

import ipaddress
import json
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hubs.audit.rules.verbs import described
from hubs.audit.services import audit, events
from hubs.errors import Conflict, Invalid
from hubs.language import _, plural
from hubs.models import Delivery, Event, Organization, User, Webhook
from hubs.models.webhook import ALL
from hubs.outbound import Forbidden, OutboundClient
from hubs.outbound.address_policy import judge
from hubs.text.texts import clean, storable
from hubs.webhooks import rules as webhook_messages
from hubs.webhooks.queries import CHOICES, TEST

MOST = 20  # per organisation, and for staff
LONGEST_URL, LONGEST_DESCRIPTION = 500, 200
BOTH_SECRETS = timedelta(days=1)  # for this long after a rotation, the old one signs as well


# --- validation -------------------------------------------------------------------------------------------------------
def _address(url: str) -> str:
    """Return the checked address. Raise Forbidden with a sentence for people. Names are resolved and checked each time
    that something is sent."""
    url, door = url.strip(), OutboundClient()
    if len(url) > LONGEST_URL:
        raise Forbidden(_too_long(LONGEST_URL))
    if storable(url) or not _has_host(url):
        raise Forbidden(_("This is not a valid web address."))
    _scheme, host, port = door.check(url, plain_http=True)  # https to a private address would be refused, too
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        pass
    else:
        judge(host, port, [host.strip("[]")], door.allowed)
    door.check(url)
    return url


def _too_long(most: int) -> str:
    return plural("This is too long: at most {count} character.", "This is too long: at most {count} characters.", most)


def _has_host(url: str) -> bool:
    """Return whether Webhook.host can be read: parsers differ about brackets, and both must accept the address."""
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _types(types: Iterable[str]) -> list[str]:
    wanted = set(types)
    if ALL in wanted:
        return [ALL]
    return [kind for kind in CHOICES if kind in wanted]


def check(*, url: str, description: str, types: Iterable[str]) -> dict[str, Any]:
    """Return the values to store. Raise Invalid with sentences by field."""
    errors: dict[str, list[str]] = {}
    try:
        url = _address(url)
    except Forbidden as error:
        errors["url"] = [error.message]
    types = list(types)
    if unknown := sorted(set(types) - set(CHOICES)):
        errors["types"] = [_("There is no event “{name}”.", name=unknown[0][:60])]
    elif not types:
        errors["types"] = [_("Choose at least one event.")]
    try:
        description = clean(description, "description")
    except Invalid as error:
        errors |= error.errors
    if len(description) > LONGEST_DESCRIPTION:
        errors["description"] = [_too_long(LONGEST_DESCRIPTION)]
    if errors:
        raise Invalid(_("The webhook has errors."), errors)
    return {"url": url, "description": description, "types": _types(types)}


# --- actions of people ------------------------------------------------------------------------------------------------
def _note(verb: str, webhook: Webhook, by: User | None, **facts: Any) -> None:
    audit.record(verb, by=by, subject=webhook.host, organization=webhook.organization, **facts)


@transaction.atomic
def create(
    *, organization: Organization | None, by: User, url: str, types: Iterable[str], description: str = ""
) -> tuple[Webhook, str]:
    """Return a new webhook and its secret, which is not shown again. Without an organisation, it belongs to staff and
    receives events of all organisations. Raise Invalid."""
    values = check(url=url, description=description, types=types)
    if Webhook.objects.filter(organization=organization).count() >= MOST:
        raise Invalid(_("There are {count} webhooks already. Remove one first.", count=MOST))
    secret = webhook_messages.new_secret()
    row = Webhook.objects.create(organization=organization, secret=secret, created_by=by, made_with=by.token, **values)
    _note("webhook.create", row, by, changes={"events": [None, ", ".join(row.types)]})
    return row, secret


@transaction.atomic
def change(*, webhook: Webhook, by: User, url: str, types: Iterable[str], description: str = "") -> Webhook:
    """Change a webhook. Pending deliveries go to the new address. Raise Invalid."""
    before = {"url": webhook.url, "description": webhook.description, "types": webhook.types}
    values = check(url=url, description=description, types=types)
    changes: dict[str, Any] = {name: [before[name], new] for name, new in values.items() if new != before[name]}
    if not changes:
        return webhook
    for name, value in values.items():
        setattr(webhook, name, value)
    webhook.save(update_fields=list(values))
    if "url" in changes:
        changes["url"] = _("changed")
        _afresh(webhook)
    _note("webhook.change", webhook, by, changes=changes)
    return webhook


@transaction.atomic
def rotate(*, webhook: Webhook, by: User) -> tuple[Webhook, str]:
    """Create a new secret. The old one signs as well for BOTH_SECRETS, so that receivers refuse nothing meanwhile."""
    webhook.old_secret, webhook.old_until = webhook.secret, timezone.now() + BOTH_SECRETS
    webhook.secret = webhook_messages.new_secret()
    webhook.save(update_fields=["secret", "old_secret", "old_until"])
    _note("webhook.rotate", webhook, by)
    return webhook, webhook.secret


@transaction.atomic
def pause(*, webhook: Webhook, by: User) -> Webhook:
    """Pause deliveries until the webhook is resumed; new events are queued. Idempotent."""
    why = _("Paused by {person}.", person=by.display_name)
    if Webhook.objects.filter(pk=webhook.pk, paused_at=None).update(paused_at=timezone.now(), paused_why=why):
        _note("webhook.pause", webhook, by)
    webhook.refresh_from_db()
    return webhook


@transaction.atomic
def resume(*, webhook: Webhook, by: User) -> Webhook:
    """Resume deliveries; queued events are sent now. Idempotent."""
    if Webhook.objects.filter(pk=webhook.pk).exclude(paused_at=None).update(paused_at=None, paused_why=""):
        _afresh(webhook)
        _note("webhook.resume", webhook, by)
    webhook.refresh_from_db()
    return webhook


@transaction.atomic
def remove(*, webhook: Webhook, by: User, typed: str) -> None:
    """Remove a webhook with all its deliveries. Raise Invalid unless its host was typed."""
    if typed.strip().lower() != webhook.host:
        raise Invalid(
            _("Type {text} to confirm.", text=webhook.host), {"typed": [_("Type {text}.", text=webhook.host)]}
        )
    pk = webhook.pk
    if Webhook.objects.filter(pk=pk).delete()[0]:
        _note("webhook.remove", webhook, by)


def _afresh(webhook: Webhook) -> None:
    """Reset failures: pending deliveries are due now and get another two days."""
    now = timezone.now()
    Webhook.objects.filter(pk=webhook.pk).update(failing_since=None, failures=0, quiet_until=None)
    webhook.deliveries.waiting().update(due_at=now, since=None)
    transaction.on_commit(lambda: events.nudge(events.DELIVER))


# --- tests and resending ----------------------------------------------------------------------------------------------
def _awake(webhook: Webhook) -> None:
    """Raise Conflict while it is paused."""
    if Webhook.objects.filter(pk=webhook.pk).exclude(paused_at=None).exists():
        raise Conflict(_("The webhook is paused, so nothing is sent. Resume it first."))


@transaction.atomic
def test(*, webhook: Webhook, by: User) -> Delivery:
    """Send a test event now. Raise Conflict while the webhook is paused."""
    _awake(webhook)
    uid, now = uuid.uuid4(), timezone.now()
    said = {"subject": "A test", "actor": by.username, "note": "This is a test of the webhook."}
    row = Delivery.objects.create(
        webhook=webhook, event=uid, type=TEST, subject=_("A test"), made_at=now, due_at=now, body=_json(TEST, now, said)
    )
    Webhook.objects.filter(pk=webhook.pk).update(quiet_until=None)
    _note("webhook.test", webhook, by)
    transaction.on_commit(lambda: events.nudge(events.DELIVER))
    return row


def _again(webhook: Webhook, rows: Any) -> int:
    now = timezone.now()
    found: int = rows.update(state=Delivery.State.WAITING, due_at=now, since=None, done_at=None)
    Webhook.objects.filter(pk=webhook.pk).update(quiet_until=None)
    transaction.on_commit(lambda: events.nudge(events.DELIVER))
    return found


@transaction.atomic
def resend(*, delivery: Delivery, by: User) -> Delivery:
    """Resend a delivery with the same id, whether it was delivered or not; a pending one is sent now. Raise Conflict
    while the webhook is paused, or if the delivery is being sent at this moment."""
    hook = delivery.webhook
    _awake(hook)
    # A worker that sends it has moved due_at forward: a row that changed since it was read is left alone.
    same = Delivery.objects.filter(pk=delivery.pk, due_at=delivery.due_at, state=delivery.state)
    if not _again(hook, same):
        raise Conflict(_("This delivery is being sent at this moment."))
    _note("webhook.resend", hook, by, changes={"event": delivery.type, "id": str(delivery.event)})
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def resend_failed(*, webhook: Webhook, by: User, since: datetime | None = None) -> int:
    """Resend all failed deliveries (since then), and return how many. Raise Conflict while the webhook is paused."""
    _awake(webhook)
    rows = webhook.deliveries.failed()
    found = _again(webhook, rows.filter(made_at__gte=since) if since else rows)
    if found:
        _note("webhook.resend", webhook, by, changes={"failed": found})
    return found


# --- actions of the portal --------------------------------------------------------------------------------------------
@transaction.atomic
def give_up(*, webhook: Webhook, why: str) -> bool:
    """Pause a failing webhook, and notify the people who manage it. Return False if it was paused already."""
    now = timezone.now()
    if not Webhook.objects.filter(pk=webhook.pk, paused_at=None).update(paused_at=now, paused_why=why):
        return False
    people = []
    if webhook.organization is None:
        people = list(User.objects.filter(is_staff=True, is_active=True).values_list("username", flat=True))
    _note("webhook.paused", webhook, None, note=why, tell={"people": people, "webhook": str(webhook.uid)})
    return True


def _json(kind: str, at: datetime, data: dict[str, Any]) -> str:
    moment = at.isoformat().replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": moment, "data": data}, ensure_ascii=False, separators=(",", ":"))


def _link(name: str, key: str) -> str:
    return f"{settings.PORTAL_URL}{reverse(name, args=[key])}"


def body(event: Event) -> str:
    """Return the body that a subscriber receives: who did what to what, and links to the API. It has no notes or
    values, which the API only shows to people with access."""
    data: dict[str, Any] = {"subject": event.subject, "actor": event.actor, "actorName": event.actor_name}
    if event.organization:
        data["organization"] = {"slug": event.organization, "self": _link("api-organization", event.organization)}
    if event.hub:
        data["hub"] = {"uid": event.hub, "self": _link("api-hub", event.hub)}
    if event.request:
        data["request"] = {"uid": event.request, "self": _link("api-request", event.request)}
    if event.type in events.BECAME.values():
        data |= {name: event.data[name] for name in ("from", "to") if name in event.data}
    return _json(event.type, event.at, data)


def tell(event: Event) -> None:
    """Create a delivery for each webhook that receives this event, also paused ones. A consumer of .telling."""
    if described(event.type).personal:
        return
    about = event.data.get("webhook")  # a webhook does not receive the event that it was paused
    rows = Webhook.objects.all().concerned(event.organization).only("uid", "types")
    hooks = [row for row in rows if row.hears(event.type) and str(row.uid) != about]
    if not hooks:
        return
    now, text = timezone.now(), body(event)
    same = {"event": event.uid, "type": event.type, "subject": event.subject, "body": text, "made_at": now}
    made = [Delivery(webhook=row, due_at=now, **same) for row in hooks]
    Delivery.objects.bulk_create(made, ignore_conflicts=True)  # an event that was dispatched twice is one delivery
