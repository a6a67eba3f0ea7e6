"""Leases on hubs. One conditional UPDATE claims a hub; a token fences off a worker whose lease has expired."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from hubs.models import Hub

EARLY = timedelta(milliseconds=50)  # a message may arrive slightly early


class LeaseLost(Exception):
    """Another worker has this hub now: stop at once and write nothing more."""


@dataclass(frozen=True)
class Claim:
    hub_id: int
    token: str
    wakes: int  # the value when the work began: a higher one means that the hub was woken again


def _until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.LEASE_SECONDS)


def claim(hub_id: int) -> Claim | None:
    """Return a claim on the hub if it is due and free, otherwise None."""
    now = timezone.now()
    token = uuid.uuid4().hex
    due = Hub.objects.all().due(now, EARLY).filter(pk=hub_id)
    if not due.update(lease_token=token, lease_until=_until(now)):
        return None
    # Read after the claim: a wake before this is included, a later one is detected by `release`.
    wakes = Hub.objects.filter(pk=hub_id).values_list("wakes", flat=True).get()
    return Claim(hub_id, token, wakes)


def renew(held: Claim) -> None:
    """Extend the lease; called before every step. Raise LeaseLost if another worker took over the hub."""
    if not Hub.objects.filter(pk=held.hub_id, lease_token=held.token).update(lease_until=_until(timezone.now())):
        raise LeaseLost


def release(held: Claim, *, look_at: datetime | None, facts: dict[str, Any], verdict: dict[str, Any]) -> bool:
    """Release the hub. `facts` were observed and are always saved; `verdict` (status, conditions) and the next pass
    only if the hub was not woken meanwhile. Return False if it was, so that the hub is due again now.

    This is the one race to get right: a click that came while we worked must neither be overwritten by our "Ready"
    nor wait until our next pass.
    """
    free = {"lease_until": None, "lease_token": ""}
    mine = Hub.objects.filter(pk=held.hub_id, lease_token=held.token)
    if mine.filter(wakes=held.wakes).update(reconcile_after=look_at, **facts, **verdict, **free):
        return True
    if not mine.update(**facts, **free):
        raise LeaseLost
    return False
