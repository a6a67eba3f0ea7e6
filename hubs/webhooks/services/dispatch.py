"""Dispatch events to their consumers: inbox and email, webhooks.

An event is marked and the rows of its consumers are written in one transaction, so each consumer sees each event
exactly once; what they send afterwards, from their own rows, is sent at least once.
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
MOST = 500  # events per call; the next call dispatches the rest
KEPT = timedelta(days=30)
LONGEST = timedelta(hours=1)  # between two attempts after a consumer failed

Consumer = Callable[[Event], None]
CONSUMERS: tuple[Consumer, ...] = (notifying.tell, webhooks.tell)


def _tell(event: Event, now: datetime, consumers: Iterable[Consumer]) -> bool:
    """Dispatch one event. Return False if another worker did."""
    with transaction.atomic():
        if not Event.objects.filter(pk=event.pk, told_at=None).update(told_at=now):
            return False
        for consumer in consumers:
            consumer(event)
    return True


def hand_out(now: datetime, consumers: Iterable[Consumer] = CONSUMERS) -> int:
    """Dispatch pending events, oldest first, and return how many. An event on which a consumer fails is retried later
    and does not delay others."""
    told = 0
    for event in list(Event.objects.all().waiting(now).order_by("pk")[:MOST]):
        try:
            told += _tell(event, now, consumers)
        except Exception:
            log.exception("event %s (%s) could not be dispatched", event.uid, event.type)
            wait = backoff(event.tries + 1, timedelta(seconds=1), LONGEST)
            Event.objects.filter(pk=event.pk, told_at=None).update(tries=F("tries") + 1, due_at=now + wait)
    return told


def forget(now: datetime) -> int:
    """Delete old events that were dispatched, and return how many."""
    return Event.objects.filter(at__lt=now - KEPT, told_at__isnull=False).delete()[0]
