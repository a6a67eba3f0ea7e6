"""A person's inbox. Reading is private, so it adds no audit line."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from hubs.errors import NotAllowed
from hubs.language import _
from hubs.live import channel as live
from hubs.models import Notification, User


@transaction.atomic
def read(*, row: Notification, by: User, at: datetime | None = None) -> Notification:
    """Mark a notification as read. Raise NotAllowed for another person's."""
    if row.person_id != by.pk:
        raise NotAllowed(_("You can only read your own notifications."))
    if Notification.objects.filter(pk=row.pk).unread().update(read_at=at or timezone.now()):
        transaction.on_commit(lambda: live.publish([f"person:{by.pk}"]))
    row.refresh_from_db()
    return row


@transaction.atomic
def read_all(*, by: User, until: int) -> int:
    """Mark all notifications up to the id `until` as read; newer ones stay unread. Return how many were marked."""
    rows = Notification.objects.all().visible_to(by).filter(pk__lte=until).unread()
    done = rows.update(read_at=timezone.now())
    if done:
        transaction.on_commit(lambda: live.publish([f"person:{by.pk}"]))
    return done
