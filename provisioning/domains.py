"""Periodic checks of the DNS records of hubs' custom domains."""

import time
from datetime import timedelta

from django.utils import timezone

from hubs.domains.services import own_domain
from hubs.models import HubDomain

MOST, SECONDS = 50, 20.0  # domains per run, and the time limit in seconds; the next run does the rest
CLAIM = timedelta(minutes=2)  # after this, another worker takes over from one that died


def look_again() -> int:
    """Check every domain that is due and return their number. Safe to repeat, late or concurrently."""
    end, looked = time.monotonic() + SECONDS, 0
    due = HubDomain.objects.select_related("hub__cluster", "hub__organization").due(timezone.now())
    for row in due[:MOST]:
        if time.monotonic() > end:
            break
        claimed = HubDomain.objects.filter(pk=row.pk, look_at=row.look_at).update(look_at=timezone.now() + CLAIM)
        if claimed and own_domain.look(row, by=None):
            looked += 1
    return looked
