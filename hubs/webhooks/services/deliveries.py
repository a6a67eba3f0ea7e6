"""Deliveries of webhooks go out: at least once, never lost, and no slow receiver holds up another.

One task a worker process takes subscriptions that have something due, by a conditional UPDATE of their lease. Each is
asked in a thread of its own, one delivery after the other, so that it gets what happened about in its order and a slow
one costs a thread and nothing else; threads never touch the database. A worker that dies leaves leases that end, and
the same goes out again, with the same id. What fails is tried again for two days (hubs.webhooks.rules), then the
subscription is paused and its people are told.
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
from hubs.live import tally
from hubs.models import Delivery, Webhook
from hubs.outbound import Answer, Door
from hubs.webhooks import rules as webhook_messages

from . import webhooks

log = logging.getLogger(__name__)
SECONDS = 10.0  # for one delivery: name, connection, answer
READ = 4096  # bytes of an answer
SHOWN = 1000  # characters of it that are kept
KEPT_TRIES = 20  # of one delivery, as its page shows them
WIDE = 16  # subscriptions that one process asks at a time
OF_ONE = WIDE // 2  # of one organisation
LONGEST = 60.0  # seconds that a call goes on taking
LOOK = 0.5  # seconds between two looks for more while some are asked
LEASE = timedelta(minutes=1)  # of a subscription and its delivery; longer than SECONDS
WORTH = timedelta(days=2)
QUIET = timedelta(minutes=5)  # the longest that a failing one is left alone before its next delivery is tried
_busy = threading.Lock()  # one call a process: other workers of it go on with hubs


@dataclass(frozen=True)
class Outcome:
    """What came of one try. `problem` is "" when it arrived, else a sentence."""

    at: datetime
    seconds: float
    status: int | None = None
    answer: str = ""
    problem: str = ""
    asked: timedelta | None = None  # Retry-After


@dataclass(frozen=True)
class Taken:
    """A delivery in our hands: nobody else touches it before `until`."""

    webhook: Webhook
    delivery: Delivery
    until: datetime


# --- asking: in a thread, without the database ------------------------------------------------------------------------
def _problem(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"It answers with a redirect ({status}), which is not followed. Enter the address that it leads to."
    if status == 410:
        return "It answers 410 Gone: it wants no more."
    return f"It answers {status}; only 200 to 299 means that it arrived."


def _read(answer: Answer, at: datetime, seconds: float) -> Outcome:
    text = answer.body.decode("utf-8", "replace").replace("\x00", "�")[:SHOWN]
    asked = webhook_messages.retry_after(answer.headers.get("retry-after", ""), at)
    return Outcome(at, seconds, answer.status, text, _problem(answer.status), asked)


def _ask(url: str, body: str, uid: str, keys: list[str], connect: Callable[[], Door], patience: float) -> Outcome:
    at, began = timezone.now(), time.monotonic()
    headers = webhook_messages.headers(uid, at, body, keys)
    try:
        with connect().question(patience) as question:
            answer = question.post(url, body.encode(), headers=headers, most_bytes=READ)
    except DomainError as error:
        return Outcome(at, time.monotonic() - began, problem=error.message[:300])
    except Exception as error:  # whatever a receiver sends, it is its own failure and nobody else's
        log.exception("a webhook could not be asked")
        return Outcome(at, time.monotonic() - began, problem=f"It could not be asked ({type(error).__name__}).")
    return _read(answer, at, time.monotonic() - began)


# --- taking -----------------------------------------------------------------------------------------------------------
def _lease(webhook: Webhook, now: datetime) -> bool:
    """Ours for a while, or still ours. False when somebody else has it, or it was paused."""
    until = now + LEASE
    rows = Webhook.objects.filter(pk=webhook.pk, paused_at=None, leased_until=webhook.leased_until)
    if not rows.update(leased_until=until, asked_at=now):
        return False
    webhook.leased_until = until
    return True


def _release(webhook: Webhook) -> None:
    Webhook.objects.filter(pk=webhook.pk, leased_until=webhook.leased_until).update(leased_until=None)


def _next(webhook: Webhook, now: datetime) -> Taken | None:
    """The one of a leased subscription that has been due for longest."""
    row = webhook.deliveries.due(now).select_related("webhook").order_by("due_at", "pk").first()
    if row is None:
        return None
    until = now + LEASE
    mine = Delivery.objects.all().waiting().filter(pk=row.pk, due_at=row.due_at)
    if not mine.update(due_at=until, tries=F("tries") + 1):
        return None
    row.tries += 1
    return Taken(webhook, row, until)


# --- writing down what came of it -------------------------------------------------------------------------------------
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
    """False when it is no longer ours: our lease was over, or it was deleted."""
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
        pause = webhook_messages.wait(round_, random.random())  # noqa: S311 - spreads tries, keeps no secret
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
        webhooks.give_up(webhook=hook, why=f"Nothing arrived for two days. The last try: {found.problem}")


def _record(taken: Taken, found: Outcome) -> bool:
    """True when it arrived."""
    now = timezone.now()
    with transaction.atomic():
        (_failed if found.problem else _arrived)(taken, found, now)
    tally.WEBHOOKS.add(found.seconds, "failed" if found.problem else "arrived")
    if found.problem:
        log.warning("webhook %s to %s: %s", taken.delivery.event, taken.webhook.host, found.problem)
    return not found.problem


# --- the task ---------------------------------------------------------------------------------------------------------
class _Round:
    """One call's work: who is being asked, and what came of it."""

    def __init__(self, pool: ThreadPoolExecutor, connect: Callable[[], Door], patience: float) -> None:
        self.pool, self.connect, self.patience = pool, connect, patience
        self.asked: dict[Future[Outcome], Taken] = {}
        self.sent = 0

    def _go(self, webhook: Webhook) -> None:
        """Ask this one for what is due next, or let go of it."""
        now = timezone.now()
        taken = _next(webhook, now)
        if taken is None:
            return _release(webhook)
        row, fresh = taken.delivery, taken.delivery.webhook  # its address may have changed since it was leased
        given = (fresh.url, row.body, str(row.event), fresh.secrets(now))
        self.asked[self.pool.submit(_ask, *given, self._connect(fresh), self.patience)] = taken
        return None

    def _connect(self, webhook: Webhook) -> Callable[[], Door]:
        asker = f"organization:{webhook.organization_id}"
        return lambda: self.connect().of(asker)

    def _full(self) -> list[int | None]:
        """Organisations of which as many are asked as one may have: what hangs there leaves the others room."""
        busy = Counter(taken.webhook.organization_id for taken in self.asked.values())
        return [organization for organization, number in busy.items() if number >= OF_ONE]

    def take(self) -> None:
        """As many subscriptions as there are threads without one, but half of all at most for one organisation."""
        now = timezone.now()
        for hook in self._due(now).select_related("organization")[: WIDE - len(self.asked)]:
            if hook.organization_id not in self._full() and _lease(hook, now):
                self._go(hook)

    def _due(self, now: datetime) -> QuerySet[Webhook]:
        full = self._full()
        found = Webhook.objects.all().due(now).exclude(organization_id__in=[one for one in full if one is not None])
        return found.exclude(organization=None) if None in full else found

    def collect(self, more: bool) -> None:
        """Write down who has answered; with `more`, go on with those that took it."""
        done, _ = wait_for(self.asked, timeout=LOOK, return_when=FIRST_COMPLETED)
        for future in done:
            taken = self.asked.pop(future)
            try:
                arrived = _record(taken, future.result())
            except Exception:  # nothing that one does may hold up another; it goes out again when its lease is over
                log.exception("what came of webhook %s could not be written down", taken.delivery.event)
                continue
            self.sent += arrived
            if arrived and more and _lease(taken.webhook, timezone.now()):
                self._go(taken.webhook)
            else:
                _release(taken.webhook)


def deliver(*, connect: Callable[[], Door] = Door, patience: float = SECONDS) -> int:
    """Send what is due; how many arrived. Returns at once when this process is at it already."""
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
    """Delete what is old, whatever became of it; how many."""
    return Delivery.objects.filter(made_at__lt=now - timedelta(days=settings.WEBHOOK_DAYS)).delete()[0]
