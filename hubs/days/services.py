"""First and last day of a hub, copied from the approved spec to the row that the calendar reads. A hub with a future
first day is created on that day (`scheduled`), unless it was requested earlier."""

from datetime import date

from django.utils import timezone

from hubs.audit.services import audit
from hubs.language import _, calendar_day
from hubs.models import ChangeRequest, DateNotice, Hub
from hubs.spec import HubSpec, days
from hubs.wake import wake, want

from .queries import STAGES, today, waits


def days_wrong(request: ChangeRequest, spec: HubSpec) -> dict[str, str]:
    """Return what is wrong with the requested first and last day today, by path."""
    before = request.hub.spec.about if request.hub else None
    return days.wrong(spec.about, today(timezone.now(), request.organization), before)


def set_days(*, hub: Hub, before: HubSpec | None, spec: HubSpec) -> None:
    """Save the changed days of an approved spec. A new last day resets all reminders and resumes a hub that the
    calendar suspended, but not one that a person suspended. Runs in the transaction of the approval."""
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


def _wait_or_begin(hub: Hub, spec: HubSpec, *, new: bool) -> None:
    """Schedule a new or scheduled hub for its first day, or create it now. A hub that was created stays."""
    hub.refresh_from_db(fields=["scheduled"])
    if not (new or hub.scheduled):
        return
    if waits(spec, today(timezone.now(), hub.organization)):
        wake(hub, scheduled=True, status=Hub.Status.SCHEDULED)
    elif hub.scheduled:
        begin(hub)


def begin(hub: Hub) -> bool:
    """Create a scheduled hub now. Return False if it was not scheduled. Runs in the caller's transaction."""
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
        note = _("The hub no longer has a last day.")
        if last:
            note = _("The last day is now {day}.", day=calendar_day(last))
        changes = {"state": ["suspended", "running"]}
        audit.record("hub.resume", by=None, subject=hub.title, hub=hub, changes=changes, note=note)


def _know(hub: Hub, left: int) -> None:
    """Skip the reminders that are already due, because the person who set this day knows that it is near."""
    known = [DateNotice(hub=hub, kind=kind) for days, kind in STAGES.items() if 0 <= left < days]
    DateNotice.objects.bulk_create(known, ignore_conflicts=True)
