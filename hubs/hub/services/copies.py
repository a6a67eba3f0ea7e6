"""Copies of a hub, for another class or the next term."""

from datetime import date, timedelta

from django.db import transaction

from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid
from hubs.language import _
from hubs.models import ChangeRequest, Hub, Organization, User
from hubs.requests.queries.addresses import free_address
from hubs.requests.services import contributors
from hubs.requests.services.requests import check_drafts
from hubs.spec import HubSpec, to_draft
from hubs.text.texts import storable

HALF_A_YEAR = timedelta(weeks=26)  # from term to term


def next_dates(spec: HubSpec) -> tuple[date | None, date | None]:
    """Return first and last day of the copy: the same length, half a year later, or a year if that overlaps. None
    without both days, and past the end of the calendar."""
    first, last = spec.about.starts, spec.about.ends
    if first is None or last is None:
        return None, None
    later = HALF_A_YEAR * ((last - first) // HALF_A_YEAR + 1)
    try:
        return first + later, last + later
    except OverflowError:
        return None, None


@transaction.atomic
def begin_copy(
    *, hub: Hub, organization: Organization, by: User, title: str,
    starts: date | None, ends: date | None, people: bool, admins: bool,
) -> ChangeRequest:  # fmt: skip
    """Create a draft of a new hub with this hub's configuration, without secrets. With `people`, its people list is
    copied when the new hub is created. Raise Invalid and Conflict."""
    if hub.revision is None:
        raise Conflict(_("This hub has no configuration to copy yet."))
    check_drafts(by)
    if storable(title) or len(title) > 100:
        raise Invalid.beside("title", _("This name can’t be used. Enter at most 100 characters of plain text."))
    elsewhere = organization.pk != hub.organization_id
    if elsewhere and (people or admins):
        said = _(
            "People can only be copied within the same organisation. Choose that organisation or don’t copy people."
        )
        raise Invalid.beside("organization", said)
    draft = to_draft(hub.spec) | {
        "about.title": title,
        "slug": free_address(title),
        "about.starts": starts.isoformat() if starts else "",
        "about.ends": ends.isoformat() if ends else "",
    }
    if not admins:
        draft["signIn.adminUsers"] = ""
    request = ChangeRequest.objects.create(
        organization=organization,
        kind=ChangeRequest.Kind.CREATE,
        requester=by,
        starting_point="copy",
        starting_version_id=hub.starting_version_id,
        title=title.strip(),
        draft=draft,
        copied_from=hub,
        copy_people=people,
    )
    contributors.note(request, by, contributors.Step.START)
    subject, note = _("a copy of {title}", title=hub.title), _("from {hub}", hub=hub.uid)
    audit.record("request.start", by=by, subject=subject, request=request, note=note)
    return request
