"""First and last day of a hub: from the spec that was agreed on to the row that the calendar reads. A hub whose first
day is to come waits for it (`scheduled`), unless its people want it at once."""

from datetime import date

from django.utils import timezone

from hubs.audit.services import audit
from hubs.models import ChangeRequest, DateNotice, Hub
from hubs.spec import HubSpec, days
from hubs.wake import wake, want

from .queries import STAGES, day_text, today


def days_wrong(request: ChangeRequest, spec: HubSpec) -> dict[str, str]:
    """What is wrong with the first and the last day that a request asks for, by path, on this day."""
    before = request.hub.spec.about if request.hub else None
    return days.wrong(spec.about, today(timezone.now(), request.organization), before)


def set_days(*, hub: Hub, before: HubSpec | None, spec: HubSpec) -> None:
    """Write the days of an approved spec where they changed. Another last day makes all reminders valid again, and
    resumes a hub that the calendar had suspended; whom a person suspended stays. In the approval's transaction."""
    first, last = spec.about.starts, spec.about.ends
    if before is None or before.about.starts != first:
        Hub.objects.filter(pk=hub.pk).update(starts_on=first)
    _wait_or_begin(hub, spec, new=before is None)
    if before is not None and before.about.ends == last:
        return
    Hub.objects.filter(pk=hub.pk).update(ends_on=last)
    now = today(timezone.now(), hub.organization)
    if last is None or last >= now:
        hub.date_notices.all().delete()
        _go_on(hub, last)
    if last is not None:
        _know(hub, (last - now).days)
    hub.refresh_from_db()


def waits(spec: HubSpec, now: date) -> bool:
    """Is a new hub of this spec created on a day to come?"""
    return spec.about.starts is not None and spec.about.starts > now and not spec.about.early


def _wait_or_begin(hub: Hub, spec: HubSpec, *, new: bool) -> None:
    """A new hub may wait for its first day, and one that waits may have another one. What was created stays."""
    hub.refresh_from_db(fields=["scheduled"])
    if not (new or hub.scheduled):
        return
    if waits(spec, today(timezone.now(), hub.organization)):
        wake(hub, scheduled=True, status=Hub.Status.SCHEDULED)
    elif hub.scheduled:
        begin(hub)


def begin(hub: Hub) -> bool:
    """Have a hub created that waited for its first day. False when it did not wait. In the caller's transaction."""
    waiting = Hub.objects.alive().filter(scheduled=True)
    if not wake(hub, among=waiting, scheduled=False, status=Hub.Status.CREATING, failures=0):
        return False
    audit.record("hub.begin", by=None, subject=hub.title, hub=hub)
    return True


def _go_on(hub: Hub, last: date | None) -> None:
    stopped = Hub.objects.filter(desired_state=Hub.Desired.SUSPENDED, stopped_by_end=True)
    resumed = want(hub, among=stopped, desired_state=Hub.Desired.RUNNING, status=Hub.Status.UPDATING)
    Hub.objects.alive().filter(pk=hub.pk).update(ended_at=None, stopped_by_end=False)
    if resumed:
        note = f"Its last day is now {day_text(last)}." if last else "It has no last day any more."
        changes = {"state": ["suspended", "running"]}
        audit.record("hub.resume", by=None, subject=hub.title, hub=hub, changes=changes, note=note)


def _know(hub: Hub, left: int) -> None:
    """Whoever sets a day that is near knows that it is: no mail says "it ends in 20 days" an hour later."""
    known = [DateNotice(hub=hub, kind=kind) for days, kind in STAGES.items() if 0 <= left < days]
    DateNotice.objects.bulk_create(known, ignore_conflicts=True)
