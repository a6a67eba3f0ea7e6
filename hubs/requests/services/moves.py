"""Move a request along the state table: one conditional UPDATE, one audit entry; a concurrent move gets Conflict."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from hubs.audit.services import audit
from hubs.days.queries import day_text
from hubs.errors import Conflict
from hubs.live import channel as live
from hubs.models import AuditEvent, ChangeRequest, User
from hubs.requests.rules import State, Who, sources

# A request that waits for a decision has none, even if it was decided before.
UNDECIDED: dict[str, Any] = {"decided_by": None, "decided_at": None, "decision": ""}


def meanwhile(request: ChangeRequest) -> str:
    """Return the last change that the reader has not seen: who, what and when. One query."""
    lines = AuditEvent.objects.of_request(request).filter(verb__startswith="request.").exclude(verb="request.comment")
    line = lines.order_by("-at", "-pk").first()
    if line is None:
        return "This request was changed while you were reviewing it."
    day = "" if line.at.date() == timezone.now().date() else f" on {day_text(line.at.date())}"
    return f"While you were reviewing, {line.actor_name} {line.did} “{line.subject}”{day} at {line.at:%H:%M} UTC."


def move(
    request: ChangeRequest, verb: str, target: State, who: Who, *, by: User | None,
    also: Mapping[str, list[str]] | None = None, **changes: Any,
) -> None:  # fmt: skip
    """Move the request, unless it has changed since. `also`: further changes for the audit, `changes`: columns.
    Raise Conflict with who did what; the row is unchanged then."""
    now = timezone.now()
    moved = ChangeRequest.objects.filter(pk=request.pk, state__in=sources(verb, who), version=request.version).update(
        state=target, version=F("version") + 1, updated_at=now, **changes
    )
    if not moved:
        now_is = ChangeRequest.objects.get(pk=request.pk)
        if now_is.state in sources(verb, who):
            raise Conflict(f"{meanwhile(request)} Review it again, then decide.")
        raise Conflict(f"{meanwhile(request)} Its status is {now_is.state} now. Nothing was changed.")
    audit.record(
        f"request.{verb}",
        by=by,
        subject=request.name,
        request=request,
        hub=request.hub,
        organization=request.organization,
        changes={"state": [request.state, target], **(also or {})},
        note=changes.get("decision", ""),
    )
    live.changed_on_commit(request=request, hub=request.hub)
    request.refresh_from_db()


def decided(by: User | None = None, words: str = "") -> dict[str, Any]:
    """Return all columns of a decision, so that nothing remains of an earlier one."""
    return {"decided_by": by, "decided_at": timezone.now(), "decision": words}


@transaction.atomic
def supersede(*, request: ChangeRequest) -> None:
    """Close a request that no longer applies, because its hub is retired."""
    move(request, "supersede", State.SUPERSEDED, Who.SYSTEM, by=None, **decided())
