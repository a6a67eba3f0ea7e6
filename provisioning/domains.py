"""Own names of hubs and the clock: whose records are looked at again now."""

import time
from datetime import timedelta

from django.utils import timezone

from hubs.domains.services import own_domain
from hubs.models import HubDomain

MOST, SECONDS = 50, 20.0  # names a time, and for how long; the rest comes with the next
CLAIM = timedelta(minutes=2)  # a worker that died leaves its name to another after this


def look_again() -> int:
    """Look at every name that is due; how many. Safe to repeat, late or at once with another."""
    end, looked = time.monotonic() + SECONDS, 0
    due = HubDomain.objects.select_related("hub__cluster", "hub__organization").due(timezone.now())
    for row in due[:MOST]:
        if time.monotonic() > end:
            break
        claimed = HubDomain.objects.filter(pk=row.pk, look_at=row.look_at).update(look_at=timezone.now() + CLAIM)
        if claimed and own_domain.look(row, by=None):
            looked += 1
    return looked
