"""Extending a hub: a change request for a later last day, under the same policy."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from hubs.days.queries import today
from hubs.errors import Conflict, Invalid
from hubs.language import _, calendar_day
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, Hub, User
from hubs.requests.rules import State
from hubs.requests.services import requests
from hubs.spec import FIELDS, days
from hubs.text.texts import clean

PATH = "about.ends"


def _wrong(ends: date, hub: Hub) -> str:
    now = today(timezone.now(), hub.organization)
    if ends <= now:
        return _("Choose a day in the future.")
    if ends > days.farthest(now):
        return days.too_far(now)
    if hub.ends_on and ends <= hub.ends_on:
        return _("Choose a day after {day}, the hub’s current last day.", day=calendar_day(hub.ends_on))
    return ""


def _beside(error: Invalid) -> dict[str, list[str]]:
    """Return errors of the date and the reason by field; errors of other settings for the whole form."""
    found: dict[str, list[str]] = {}
    for path, words in error.errors.items():
        name = {PATH: "ends", "reason": "reason"}.get(path, "")
        label = f"{FIELDS[path].words.label}: " if not name and path in FIELDS else ""
        found.setdefault(name, []).extend(f"{label}{word}" for word in words)
    return found


@transaction.atomic
def extend(*, hub: Hub, by: User, ends: date, reason: str = "") -> ChangeRequest:
    """Request a later last day, approved automatically or reviewed by staff. The approval resumes a hub that the
    calendar suspended. Raise Invalid by field ("ends", "reason"), Conflict if the hub is retired or the same was
    already requested. A refused request is not stored."""
    limits.lock(hub.organization)
    hub.refresh_from_db()
    if hub.is_retired:
        raise Conflict(_("This hub is retired and can no longer be extended."))
    if complaint := _wrong(ends, hub):
        raise Invalid.beside("ends", complaint)
    reason = clean(reason, "reason")
    waiting = hub.requests.filter(state=State.SUBMITTED, kind=ChangeRequest.Kind.CHANGE)
    if waiting.filter(spec_data__about__ends=ends.isoformat()).exists():
        raise Conflict(_("This extension was already requested and needs review by staff."))
    try:
        request = requests.begin_change(hub=hub, by=by, values={PATH: ends.isoformat()}, reason=reason)
        return requests.submit(request=request, by=by)
    except Invalid as error:
        raise Invalid(error.message, _beside(error)) from error
