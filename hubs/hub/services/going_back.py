"""Restoring a revision of a hub: a change request that is checked by today's rules and policy."""

from django.db import transaction

from hubs.errors import Conflict
from hubs.language import _
from hubs.models import ChangeRequest, Hub, HubRevision, User
from hubs.requests.rules import State
from hubs.requests.services import requests
from hubs.spec import difference, to_draft


@transaction.atomic
def go_back(*, hub: Hub, by: User, revision: HubRevision, reason: str = "") -> ChangeRequest:
    """Return a draft of a change with the settings of this revision; an existing unedited draft is reused. Secrets stay
    as they are. The draft shows what is no longer allowed. Raise Conflict if the hub is retired or already has these
    settings."""
    hub.refresh_from_db()
    if not hub.is_retired and not difference(hub.spec, revision.spec):
        n = revision.number
        raise Conflict(_("The hub already has the settings of revision {n}. Nothing was changed.", n=n))
    wanted = to_draft(revision.spec)
    mine = hub.requests.filter(
        requester=by, state=State.DRAFT, kind=ChangeRequest.Kind.CHANGE, base_revision=hub.revision
    )
    begun = next((row for row in mine if not reason and row.draft == {**row.draft, **wanted}), None)
    if begun:
        return begun
    requests.check_drafts(by)
    return requests.begin_change(hub=hub, by=by, values=wanted, reason=reason)
