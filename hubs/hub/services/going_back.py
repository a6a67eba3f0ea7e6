"""Going back to what a hub was: a change like any other, judged by today's rules, which the policy decides on."""

from django.db import transaction

from hubs.errors import Conflict
from hubs.models import ChangeRequest, Hub, HubRevision, User
from hubs.requests.rules import State
from hubs.requests.services import requests
from hubs.spec import difference, to_draft


@transaction.atomic
def go_back(*, hub: Hub, by: User, revision: HubRevision, reason: str = "") -> ChangeRequest:
    """A draft of a change with everything that the hub had in this revision; pressed twice it is the same draft, as
    long as nobody edited it. Its secrets stay the hub's. What is no longer allowed is told by the draft, as of any
    other. Raises Conflict when the hub is retired, or is configured like that now."""
    hub.refresh_from_db()
    if not hub.is_retired and not difference(hub.spec, revision.spec):
        raise Conflict(f"Revision {revision.number} is what the hub has now. There is nothing to go back to.")
    wanted = to_draft(revision.spec)
    mine = hub.requests.filter(
        requester=by, state=State.DRAFT, kind=ChangeRequest.Kind.CHANGE, base_revision=hub.revision
    )
    begun = next((row for row in mine if not reason and row.draft == {**row.draft, **wanted}), None)
    if begun:
        return begun
    requests.check_drafts(by)
    return requests.begin_change(hub=hub, by=by, values=wanted, reason=reason)
