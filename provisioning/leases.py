"""Who works on a hub. One conditional UPDATE claims it; a token fences off whoever has slept too long."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from hubs.models import Hub

EARLY = timedelta(milliseconds=50)  # a message may arrive a moment before its time


class LeaseLost(Exception):
    """Somebody else works on this hub now: stop at once, write nothing more."""


@dataclass(frozen=True)
class Claim:
    hub_id: int
    token: str
    wakes: int  # as it was when the work began: a higher number means that somebody asked again


def _until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.LEASE_SECONDS)


def claim(hub_id: int) -> Claim | None:
    """The hub, if it is due and free; None for every other worker."""
    now = timezone.now()
    token = uuid.uuid4().hex
    due = Hub.objects.all().due(now, EARLY).filter(pk=hub_id)
    if not due.update(lease_token=token, lease_until=_until(now)):
        return None
    # Read after the claim: a wake that comes between is seen now, one that comes later is seen at the release.
    wakes = Hub.objects.filter(pk=hub_id).values_list("wakes", flat=True).get()
    return Claim(hub_id, token, wakes)


def renew(held: Claim) -> None:
    """Before every step. Raises LeaseLost when the hub was taken over meanwhile."""
    if not Hub.objects.filter(pk=held.hub_id, lease_token=held.token).update(lease_until=_until(timezone.now())):
        raise LeaseLost


def release(held: Claim, *, look_at: datetime | None, facts: dict[str, Any], verdict: dict[str, Any]) -> bool:
    """Give the hub back. `facts` were seen and are true in any case; `verdict` (status, conditions) and the next look
    count only if nobody asked for something else meanwhile. False: somebody did, so the hub is due again now.

    This is the one race to get right: a click that came while we worked must neither be overwritten by our "Ready"
    nor wait for our next look.
    """
    free = {"lease_until": None, "lease_token": ""}
    mine = Hub.objects.filter(pk=held.hub_id, lease_token=held.token)
    if mine.filter(wakes=held.wakes).update(reconcile_after=look_at, **facts, **verdict, **free):
        return True
    if not mine.update(**facts, **free):
        raise LeaseLost
    return False
