"""Expiry of user limits, and the maximum values for a cluster."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from hubs import wake
from hubs.audit.services import audit
from hubs.language import _
from hubs.live import channel as live
from hubs.models import Hub, UserLimit

MOST = 500  # rules per run; the next run does the rest


@transaction.atomic
def _end(rule: UserLimit, now: datetime) -> bool:
    """End a rule. Return False if another worker did: only one of them writes an audit record."""
    if not UserLimit.objects.filter(pk=rule.pk).run_out(now).update(ended_at=rule.until):
        return False
    changes = {"for": [rule.subject, ""], "limits": [rule.words, ""]}
    note = "" if rule.since else _("It had not been approved by then.")
    audit.record("limit.run_out", by=None, subject=rule.hub.title, hub=rule.hub, changes=changes, note=note)
    if rule.hub.cluster.can.follows_user_limits:
        wake.wake(rule.hub)
    live.changed_on_commit(hub=rule.hub)
    return True


def end_what_is_over(now: datetime) -> int:
    """Record which rules have expired and return their number. Safe to repeat, late or concurrently."""
    rows = UserLimit.objects.run_out(now).select_related("hub__organization", "hub__cluster").order_by("until", "pk")
    return sum(_end(rule, now) for rule in rows[:MOST])


def largest(hub: Hub, now: datetime) -> dict[str, float]:
    """Return the highest value of this hub's current rules, by measure; 0 if there is none."""
    if hub.pk is None:  # the hub is only planned
        return {}
    rules = hub.user_limits.counting(now)
    most = rules.aggregate(memory_mib=Max("memory_mib"), cpu=Max("cpu"), storage_mib=Max("storage_mib"))
    return {name: value or 0 for name, value in most.items()}
