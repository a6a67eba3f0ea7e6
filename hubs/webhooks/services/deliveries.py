"""Sending webhook deliveries: at least once, never lost, and no slow receiver delays another.

One task per worker process leases webhooks that have deliveries due, by a conditional UPDATE. Each webhook gets its own
thread, which sends one delivery after the other, so that events arrive roughly in order and a slow receiver only blocks
one thread; threads never use the database. If a worker dies, its leases expire, and the deliveries are sent again with
the same id. Failures are retried for two days (hubs.webhooks.rules); then the webhook is paused and its people are
notified.
"""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from hubs.errors import DomainError
from hubs.language import _
from hubs.live import counters
from hubs.models import Delivery, Webhook
from hubs.outbound import Answer, OutboundClient
from hubs.webhooks import rules as webhook_messages

from . import webhooks

log = logging.getLogger(__name__)
SECONDS = 10.0  # for one delivery: name lookup, connection, response
READ = 4096  # bytes of a response
SHOWN = 1000  # characters of it that are stored
KEPT_TRIES = 20  # attempts that are stored per delivery
WIDE = 16  # webhooks that one process sends to concurrently
OF_ONE = WIDE // 2  # of one organisation
LONGEST = 60.0  # seconds for which a call leases webhooks
LOOK = 0.5  # seconds between two checks for more work while some are in progress
LEASE = timedelta(minutes=1)  # of a webhook and its delivery; longer than SECONDS
WORTH = timedelta(days=2)  # after that a delivery is given up
QUIET = timedelta(minutes=5)  # the longest pause after a failure before the next delivery of a webhook
_busy = threading.Lock()  # one call per process: its other threads go on with hubs


@dataclass(frozen=True)
class Outcome:
    """The result of one attempt. `problem` is "" if it was delivered, else a sentence."""

    at: datetime
    seconds: float
    status: int | None = None
    answer: str = ""
    problem: str = ""
    asked: timedelta | None = None  # Retry-After


@dataclass(frozen=True)
class Taken:
    """A delivery leased by this process until `until`."""

    webhook: Webhook
    delivery: Delivery
    until: datetime


# --- sending: in a thread, without the database -----------------------------------------------------------------------
def _problem(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return _(
            "The response is a redirect ({status}), which is not followed. Enter the address that it redirects to.",
            status=status,
        )
    if status == 410:
        return _("The response is 410 Gone: the address does not accept events any more.")
    return _("The response status is {status}. Only 200 to 299 means success.", status=status)


def _read(answer: Answer, at: datetime, seconds: float) -> Outcome:
    text = answer.body.decode("utf-8", "replace").replace("\x00", "�")[:SHOWN]
    asked = webhook_messages.retry_after(answer.headers.get("retry-after", ""), at)
    return Outcome(at, seconds, answer.status, text, _problem(answer.status), asked)


def _ask(
    url: str, body: str, uid: str, keys: list[str], connect: Callable[[], OutboundClient], patience: float
) -> Outcome:
    at, began = timezone.now(), time.monotonic()
    headers = webhook_messages.headers(uid, at, body, keys)
    try:
        with connect().question(patience) as question:
            answer = question.post(url, body.encode(), headers=headers, most_bytes=READ)
    except DomainError as error:
        return Outcome(at, time.monotonic() - began, problem=error.message)
    except Exception as error:  # a failure of one receiver must not affect others
        log.exception("a webhook delivery could not be sent")
        return Outcome(
            at, time.monotonic() - began, problem=_("The request failed ({error}).", error=type(error).__name__)
        )
    return _read(answer, at, time.monotonic() - began)


# --- leases -----------------------------------------------------------------------------------------------------------
def _lease(webhook: Webhook, now: datetime) -> bool:
    """Take or extend the lease of a webhook. Return False if another process has it, or if it was paused."""
    until = now + LEASE
    rows = Webhook.objects.filter(pk=webhook.pk, paused_at=None, leased_until=webhook.leased_until)
    if not rows.update(leased_until=until, asked_at=now):
        return False
    webhook.leased_until = until
    return True


def _release(webhook: Webhook) -> None:
    Webhook.objects.filter(pk=webhook.pk, leased_until=webhook.leased_until).update(leased_until=None)


def _next(webhook: Webhook, now: datetime) -> Taken | None:
    """Take the delivery of a leased webhook that has been due for longest."""
    row = webhook.deliveries.due(now).select_related("webhook").order_by("due_at", "pk").first()
    if row is None:
        return None
    until = now + LEASE
    mine = Delivery.objects.all().waiting().filter(pk=row.pk, due_at=row.due_at)
    if not mine.update(due_at=until, tries=F("tries") + 1):
        return None
    row.tries += 1
    return Taken(webhook, row, until)


# --- recording results ------------------------------------------------------------------------------------------------
def _shown(row: Delivery, found: Outcome) -> dict[str, object]:
    entry = {
        "at": found.at.isoformat(), "status": found.status, "seconds": round(found.seconds, 3),
        "problem": found.problem,
    }  # fmt: skip
    return {
        "status": found.status, "answer": found.answer, "seconds": found.seconds, "problem": found.problem,
        "attempts": [*row.attempts, entry][-KEPT_TRIES:],
    }  # fmt: skip


def _arrived(taken: Taken, found: Outcome, now: datetime) -> None:
    Webhook.objects.filter(pk=taken.webhook.pk).update(failing_since=None, failures=0, quiet_until=None)
    _settle(taken, state=Delivery.State.SENT, done_at=now, **_shown(taken.delivery, found))


def _settle(taken: Taken, **values: object) -> bool:
    """Update a leased delivery. Return False if the lease has expired, or if the delivery was deleted."""
    mine = Delivery.objects.all().waiting().filter(pk=taken.delivery.pk, due_at=taken.until)
    return bool(mine.update(**values))


def _failed(taken: Taken, found: Outcome, now: datetime) -> None:
    row, hook = taken.delivery, taken.webhook
    since = row.since or found.at
    gone = found.status == 410
    values: dict[str, object] = {"since": since, **_shown(row, found)}
    if gone or now - since >= WORTH:
        values |= {"state": Delivery.State.FAILED, "done_at": now}
    else:
        round_ = sum(1 for one in row.attempts if row.since and one["at"] >= row.since.isoformat()) + 1
        pause = webhook_messages.wait(round_, random.random())  # noqa: S311 - spreads retries, not a secret
        values["due_at"] = min(now + max(pause, found.asked or pause), max(since + WORTH, now))
    _settle(taken, **values)
    Webhook.objects.filter(pk=hook.pk).update(
        failing_since=Coalesce(F("failing_since"), found.at), failures=F("failures") + 1,
        quiet_until=now + max(found.asked or timedelta(), min(webhook_messages.wait(hook.failures + 1, 0), QUIET)),
    )  # fmt: skip
    hook.refresh_from_db(fields=["failing_since", "failures"])
    if gone:
        webhooks.give_up(webhook=hook, why=found.problem)
    elif hook.failing_since and now - hook.failing_since >= WORTH:
        webhooks.give_up(
            webhook=hook, why=_("No delivery succeeded for two days. Last attempt: {problem}", problem=found.problem)
        )


def _record(taken: Taken, found: Outcome) -> bool:
    """Save the result of an attempt. Return True if it was delivered."""
    now = timezone.now()
    with transaction.atomic():
        (_failed if found.problem else _arrived)(taken, found, now)
    counters.WEBHOOKS.add(found.seconds, "failed" if found.problem else "arrived")
    if found.problem:
        log.warning("webhook %s to %s: %s", taken.delivery.event, taken.webhook.host, found.problem)
    return not found.problem


# --- the task ---------------------------------------------------------------------------------------------------------
class _Round:
    """The work of one call: deliveries in progress, and the number delivered."""

    def __init__(self, pool: ThreadPoolExecutor, connect: Callable[[], OutboundClient], patience: float) -> None:
        self.pool, self.connect, self.patience = pool, connect, patience
        self.asked: dict[Future[Outcome], Taken] = {}
        self.sent = 0

    def _go(self, webhook: Webhook) -> None:
        """Send the next due delivery of this webhook, or release its lease."""
        now = timezone.now()
        taken = _next(webhook, now)
        if taken is None:
            return _release(webhook)
        row, fresh = taken.delivery, taken.delivery.webhook  # its address may have changed since it was leased
        given = (fresh.url, row.body, str(row.event), fresh.secrets(now))
        self.asked[self.pool.submit(_ask, *given, self._connect(fresh), self.patience)] = taken
        return None

    def _connect(self, webhook: Webhook) -> Callable[[], OutboundClient]:
        asker = f"organization:{webhook.organization_id}"
        return lambda: self.connect().of(asker)

    def _full(self) -> list[int | None]:
        """Return the organisations that have reached OF_ONE, so that hanging receivers of one don't block others."""
        busy = Counter(taken.webhook.organization_id for taken in self.asked.values())
        return [organization for organization, number in busy.items() if number >= OF_ONE]

    def take(self) -> None:
        """Lease as many webhooks as there are free threads, at most OF_ONE per organisation."""
        now = timezone.now()
        for hook in self._due(now).select_related("organization")[: WIDE - len(self.asked)]:
            if hook.organization_id not in self._full() and _lease(hook, now):
                self._go(hook)

    def _due(self, now: datetime) -> QuerySet[Webhook]:
        full = self._full()
        found = Webhook.objects.all().due(now).exclude(organization_id__in=[one for one in full if one is not None])
        return found.exclude(organization=None) if None in full else found

    def collect(self, more: bool) -> None:
        """Record finished attempts; with `more`, send the next delivery of webhooks that succeeded."""
        done, _ = wait_for(self.asked, timeout=LOOK, return_when=FIRST_COMPLETED)
        for future in done:
            taken = self.asked.pop(future)
            try:
                arrived = _record(taken, future.result())
            except Exception:  # must not affect others; it is sent again when its lease expires
                log.exception("the result of webhook %s could not be saved", taken.delivery.event)
                continue
            self.sent += arrived
            if arrived and more and _lease(taken.webhook, timezone.now()):
                self._go(taken.webhook)
            else:
                _release(taken.webhook)


def deliver(*, connect: Callable[[], OutboundClient] = OutboundClient, patience: float = SECONDS) -> int:
    """Send due deliveries, and return how many succeeded. Return 0 if this process is sending already."""
    if not _busy.acquire(blocking=False):
        return 0
    try:
        end = time.monotonic() + LONGEST
        with ThreadPoolExecutor(WIDE, thread_name_prefix="webhook") as pool:
            work = _Round(pool, connect, patience)
            work.take()
            while work.asked:
                work.collect(more=time.monotonic() < end)
                if time.monotonic() < end:
                    work.take()
        return work.sent
    finally:
        _busy.release()


def forget(now: datetime) -> int:
    """Delete old deliveries in any state, and return how many."""
    return Delivery.objects.filter(made_at__lt=now - timedelta(days=settings.WEBHOOK_DAYS)).delete()[0]
