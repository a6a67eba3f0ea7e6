"""Moving a request along the state table: one conditional UPDATE, one audit line, and the loser is told."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from hubs import audit, live
from hubs.errors import Conflict
from hubs.models import ChangeRequest, User
from hubs.states import State, Who, sources


def move(request: ChangeRequest, verb: str, target: State, who: Who, *, by: User | None, **changes: Any) -> None:
    """Move, if nobody moved it meanwhile. Raises Conflict with who and what is now; the row is unchanged then."""
    now = timezone.now()
    moved = ChangeRequest.objects.filter(pk=request.pk, state__in=sources(verb, who), version=request.version).update(
        state=target, version=F("version") + 1, updated_at=now, **changes
    )
    if not moved:
        now_is = ChangeRequest.objects.select_related("decided_by").get(pk=request.pk)
        whom = f" by {now_is.decided_by.display_name}" if now_is.decided_by else ""
        if now_is.state in sources(verb, who):
            raise Conflict("This request was changed while you were reading it. Look again, then decide.")
        raise Conflict(f"Somebody was faster: this request is already {now_is.state}{whom}. Nothing was changed.")
    audit.record(
        f"request.{verb}",
        by=by,
        subject=request.name,
        request=request,
        hub=request.hub,
        organization=request.organization,
        changes={"state": [request.state, target]},
        note=changes.get("decision", ""),
    )
    live.changed_on_commit(request=request, hub=request.hub)
    request.refresh_from_db()


@transaction.atomic
def supersede(*, request: ChangeRequest) -> None:
    """Close what no longer applies, because its hub is gone."""
    move(request, "supersede", State.SUPERSEDED, Who.SYSTEM, by=None, decided_at=timezone.now())
