"""Webhooks: who wants to hear of what, and where. What is sent is in .deliveries.

An address may be a password in itself, so no audit line, event or log has more of it than the host.
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

from hubs.audit.rules.verbs import TABLE, described
from hubs.audit.services import audit, events
from hubs.errors import Conflict, Invalid
from hubs.models import Delivery, Event, Organization, User, Webhook
from hubs.models.webhook import ALL
from hubs.outbound import Door, Forbidden
from hubs.outbound.judge import judge
from hubs.text.texts import clean, storable
from hubs.webhooks import rules as webhook_messages

MOST = 20  # of one organisation, and of staff
LONGEST_URL, LONGEST_DESCRIPTION = 500, 200
BOTH_SECRETS = timedelta(days=1)  # the old one signs, too, for so long after a new one was made
TEST = "webhook.test"
OFFERED = {heading: found for heading, rows in TABLE.items()
           if (found := {row.name: row.event for row in rows if row.event and not row.personal})}  # fmt: skip
CHOICES = [ALL, *(kind for kinds in OFFERED.values() for kind in kinds)]


# --- what is right ----------------------------------------------------------------------------------------------------
def _address(url: str) -> str:
    """Raises Forbidden in words for people. Names are looked up, and judged, each time that something is sent."""
    url, door = url.strip(), Door()
    if len(url) > LONGEST_URL:
        raise Forbidden(f"This is too long: at most {LONGEST_URL} characters.")
    if storable(url) or not _has_host(url):
        raise Forbidden("That is no address on the web.")
    _, host, port = door.check(url)
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return url
    judge(host, port, [host.strip("[]")], door.allowed)
    return url


def _has_host(url: str) -> bool:
    """As Webhook.host reads it: two parsers differ about brackets, and what one refuses is no address."""
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
    """The values as they are kept. Raises Invalid with sentences by field."""
    errors: dict[str, list[str]] = {}
    try:
        url = _address(url)
    except Forbidden as error:
        errors["url"] = [error.message]
    types = list(types)
    if unknown := sorted(set(types) - set(CHOICES)):
        errors["types"] = [f"There is no event “{unknown[0][:60]}”."]
    elif not types:
        errors["types"] = ["Choose at least one."]
    try:
        description = clean(description, "description")
    except Invalid as error:
        errors |= error.errors
    if len(description) > LONGEST_DESCRIPTION:
        errors["description"] = [f"This is too long: at most {LONGEST_DESCRIPTION} characters."]
    if errors:
        raise Invalid("The webhook needs another look.", errors)
    return {"url": url, "description": description, "types": _types(types)}


# --- what people do ---------------------------------------------------------------------------------------------------
def _note(verb: str, webhook: Webhook, by: User | None, **facts: Any) -> None:
    audit.record(verb, by=by, subject=webhook.host, organization=webhook.organization, **facts)


@transaction.atomic
def create(
    *, organization: Organization | None, by: User, url: str, types: Iterable[str], description: str = ""
) -> tuple[Webhook, str]:
    """The webhook and its secret, which nobody is shown again. Without an organisation it is staff's and hears of all.
    Raises Invalid."""
    values = check(url=url, description=description, types=types)
    if Webhook.objects.filter(organization=organization).count() >= MOST:
        raise Invalid(f"There are {MOST} webhooks already. Remove one first.")
    secret = webhook_messages.new_secret()
    row = Webhook.objects.create(organization=organization, secret=secret, created_by=by, made_with=by.token, **values)
    _note("webhook.create", row, by, changes={"events": [None, ", ".join(row.types)]})
    return row, secret


@transaction.atomic
def change(*, webhook: Webhook, by: User, url: str, types: Iterable[str], description: str = "") -> Webhook:
    """What waits goes to the new address. Raises Invalid."""
    before = {"url": webhook.url, "description": webhook.description, "types": webhook.types}
    values = check(url=url, description=description, types=types)
    changes: dict[str, Any] = {name: [before[name], new] for name, new in values.items() if new != before[name]}
    if not changes:
        return webhook
    for name, value in values.items():
        setattr(webhook, name, value)
    webhook.save(update_fields=list(values))
    if "url" in changes:
        changes["url"] = "another one"
        _afresh(webhook)
    _note("webhook.change", webhook, by, changes=changes)
    return webhook


@transaction.atomic
def rotate(*, webhook: Webhook, by: User) -> tuple[Webhook, str]:
    """Another secret; the one until now signs, too, for a day, so that nothing is refused meanwhile."""
    webhook.old_secret, webhook.old_until = webhook.secret, timezone.now() + BOTH_SECRETS
    webhook.secret = webhook_messages.new_secret()
    webhook.save(update_fields=["secret", "old_secret", "old_until"])
    _note("webhook.rotate", webhook, by)
    return webhook, webhook.secret


@transaction.atomic
def pause(*, webhook: Webhook, by: User) -> Webhook:
    """Nothing is sent until somebody resumes it; what happens waits. Pausing what is paused is fine."""
    why = f"{by.display_name} paused it."
    if Webhook.objects.filter(pk=webhook.pk, paused_at=None).update(paused_at=timezone.now(), paused_why=why[:300]):
        _note("webhook.pause", webhook, by)
    webhook.refresh_from_db()
    return webhook


@transaction.atomic
def resume(*, webhook: Webhook, by: User) -> Webhook:
    """What waited goes out now. Resuming what runs is fine."""
    if Webhook.objects.filter(pk=webhook.pk).exclude(paused_at=None).update(paused_at=None, paused_why=""):
        _afresh(webhook)
        _note("webhook.resume", webhook, by)
    webhook.refresh_from_db()
    return webhook


@transaction.atomic
def remove(*, webhook: Webhook, by: User, typed: str) -> None:
    """With all that it has sent and would have sent. Raises Invalid unless its host was typed."""
    if typed.strip().lower() != webhook.host:
        raise Invalid(f"Type {webhook.host} to show that you mean it.", {"typed": [f"Type {webhook.host}."]})
    pk = webhook.pk
    if Webhook.objects.filter(pk=pk).delete()[0]:
        _note("webhook.remove", webhook, by)


def _afresh(webhook: Webhook) -> None:
    """Forget what failed: what waits is due now and has two days again."""
    now = timezone.now()
    Webhook.objects.filter(pk=webhook.pk).update(failing_since=None, failures=0, quiet_until=None)
    webhook.deliveries.waiting().update(due_at=now, since=None)
    transaction.on_commit(lambda: events.nudge(events.DELIVER))


# --- sending something once more --------------------------------------------------------------------------------------
def _awake(webhook: Webhook) -> None:
    """Raises Conflict while it is paused."""
    if Webhook.objects.filter(pk=webhook.pk).exclude(paused_at=None).exists():
        raise Conflict("It is paused, so nothing is sent. Resume it first.")


@transaction.atomic
def test(*, webhook: Webhook, by: User) -> Delivery:
    """Something harmless, at once. Raises Conflict while it is paused."""
    _awake(webhook)
    uid, now = uuid.uuid4(), timezone.now()
    said = {"subject": "A test", "actor": by.username, "note": "Nothing happened: somebody tries this webhook."}
    row = Delivery.objects.create(
        webhook=webhook, event=uid, type=TEST, subject="A test", made_at=now, due_at=now, body=_json(TEST, now, said)
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
    """The same once more, with the same id, whether it arrived or not. What waits goes out now. Raises Conflict while
    the webhook is paused, or when it is being sent at this moment."""
    hook = delivery.webhook
    _awake(hook)
    # Who sends it has moved due_at on: what changed since it was read is left alone.
    same = Delivery.objects.filter(pk=delivery.pk, due_at=delivery.due_at, state=delivery.state)
    if not _again(hook, same):
        raise Conflict("It is being sent at this moment.")
    _note("webhook.resend", hook, by, changes={"event": delivery.type, "id": str(delivery.event)})
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def resend_failed(*, webhook: Webhook, by: User, since: datetime | None = None) -> int:
    """All that failed (since then); how many. Raises Conflict while it is paused."""
    _awake(webhook)
    rows = webhook.deliveries.failed()
    found = _again(webhook, rows.filter(made_at__gte=since) if since else rows)
    if found:
        _note("webhook.resend", webhook, by, changes={"failed": found})
    return found


# --- what the portal does ---------------------------------------------------------------------------------------------
@transaction.atomic
def give_up(*, webhook: Webhook, why: str) -> bool:
    """Pause it, and tell whoever looks after it. False when it was paused already."""
    now = timezone.now()
    if not Webhook.objects.filter(pk=webhook.pk, paused_at=None).update(paused_at=now, paused_why=why[:300]):
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
    """What a subscriber reads: who did what to what, and where the API has the rest. Neither notes nor values, which
    the API shows to those who may see them."""
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
    """A delivery for each webhook that wants to hear of it: a consumer of .telling. Paused ones collect."""
    if described(event.type).personal:
        return
    about = event.data.get("webhook")  # it need not hear that it does not hear
    rows = Webhook.objects.all().concerned(event.organization).only("uid", "types")
    hooks = [row for row in rows if row.hears(event.type) and str(row.uid) != about]
    if not hooks:
        return
    now, text = timezone.now(), body(event)
    same = {"event": event.uid, "type": event.type, "subject": event.subject, "body": text, "made_at": now}
    made = [Delivery(webhook=row, due_at=now, **same) for row in hooks]
    Delivery.objects.bulk_create(made, ignore_conflicts=True)  # an event that was told twice is one delivery
