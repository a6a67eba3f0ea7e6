"""A later last day, asked for with one answer: a change like any other, which the policy decides on."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from hubs.days.queries import day_text, today
from hubs.errors import Conflict, Invalid
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
        return "Choose a day that is still to come."
    if ends > days.farthest(now):
        return days.too_far(now)
    if hub.ends_on and ends <= hub.ends_on:
        return f"Choose a day after {day_text(hub.ends_on)}, which is its last day now."
    return ""


def _beside(error: Invalid) -> dict[str, list[str]]:
    """What is wrong with the day stands beside it; what is wrong with the rest of the hub's answers on top."""
    found: dict[str, list[str]] = {}
    for path, words in error.errors.items():
        name = {PATH: "ends", "reason": "reason"}.get(path, "")
        label = f"{FIELDS[path].words.label}: " if not name and path in FIELDS else ""
        found.setdefault(name, []).extend(f"{label}{word}" for word in words)
    return found


@transaction.atomic
def extend(*, hub: Hub, by: User, ends: date, reason: str = "") -> ChangeRequest:
    """Ask for a later last day; at once when that is routine, else it waits for staff. A hub that the calendar had
    suspended is resumed with the approval. Raises Invalid by field ("ends", "reason"), Conflict when it is retired or
    the same was asked for already. Nothing is kept of what was refused."""
    limits.lock(hub.organization)
    hub.refresh_from_db()
    if hub.is_retired:
        raise Conflict("This hub is retired. It can no longer be extended.")
    if complaint := _wrong(ends, hub):
        raise Invalid.beside("ends", complaint)
    reason = clean(reason, "reason")
    waiting = hub.requests.filter(state=State.SUBMITTED, kind=ChangeRequest.Kind.CHANGE)
    if waiting.filter(spec_data__about__ends=ends.isoformat()).exists():
        raise Conflict("This was asked for already. It waits for staff.")
    try:
        request = requests.begin_change(hub=hub, by=by, values={PATH: ends.isoformat()}, reason=reason)
        return requests.submit(request=request, by=by)
    except Invalid as error:
        raise Invalid(error.message, _beside(error)) from error
