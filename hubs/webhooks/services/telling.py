"""Hand events out to whoever keeps a list of its own: inbox and mail, webhooks.

An event and the rows that its consumers make of it are one transaction, so each consumer sees each event exactly once;
what they send afterwards they send at least once, from their own rows.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from hubs.backoff import backoff
from hubs.models import Event
from hubs.notify.services import notifying

from . import webhooks

log = logging.getLogger(__name__)
MOST = 500  # events a call; the rest goes with the next
KEPT = timedelta(days=30)
LONGEST = timedelta(hours=1)  # between two tries after a consumer failed

Consumer = Callable[[Event], None]
CONSUMERS: tuple[Consumer, ...] = (notifying.tell, webhooks.tell)


def _tell(event: Event, now: datetime, consumers: Iterable[Consumer]) -> bool:
    """False when somebody else told it."""
    with transaction.atomic():
        if not Event.objects.filter(pk=event.pk, told_at=None).update(told_at=now):
            return False
        for consumer in consumers:
            consumer(event)
    return True


def hand_out(now: datetime, consumers: Iterable[Consumer] = CONSUMERS) -> int:
    """Tell what waits, oldest first; how many. An event that a consumer fails on is tried again later, and holds up no
    other."""
    told = 0
    for event in list(Event.objects.all().waiting(now).order_by("pk")[:MOST]):
        try:
            told += _tell(event, now, consumers)
        except Exception:
            log.exception("event %s (%s) could not be told", event.uid, event.type)
            wait = backoff(event.tries + 1, timedelta(seconds=1), LONGEST)
            Event.objects.filter(pk=event.pk, told_at=None).update(tries=F("tries") + 1, due_at=now + wait)
    return told


def forget(now: datetime) -> int:
    """Delete what is old and was told; how many."""
    return Event.objects.filter(at__lt=now - KEPT, told_at__isnull=False).delete()[0]
