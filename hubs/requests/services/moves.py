"""Move a request along the state table: one conditional UPDATE, one audit entry; a concurrent move gets Conflict."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from hubs.audit.services import audit
from hubs.errors import Conflict
from hubs.language import _, calendar_day
from hubs.live import channel as live
from hubs.models import AuditEvent, ChangeRequest, User
from hubs.requests.rules import WORD, State, Who, sources

# A request that waits for a decision has none, even if it was decided before.
UNDECIDED: dict[str, Any] = {"decided_by": None, "decided_at": None, "decision": ""}


def meanwhile(request: ChangeRequest) -> str:
    """Return the last change that the reader has not seen: who, what and when. One query."""
    lines = AuditEvent.objects.of_request(request).filter(verb__startswith="request.").exclude(verb="request.comment")
    line = lines.order_by("-at", "-pk").first()
    if line is None:
        return _("This request was changed while you were reviewing it.")
    told, time = line.told(line.actor_name, _("“{name}”", name=line.subject)), f"{line.at:%H:%M}"
    if line.at.date() == timezone.now().date():
        return _("While you were reviewing, {told} at {time} UTC.", told=told, time=time)
    day = calendar_day(line.at.date())
    return _("While you were reviewing, {told} on {day} at {time} UTC.", told=told, day=day, time=time)


def again(request: ChangeRequest) -> str:
    """Return the last change, and that it has to be reviewed again. One query."""
    return _("{change} Review it again, then decide.", change=meanwhile(request))


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
            raise Conflict(again(request))
        words = {"change": meanwhile(request), "status": WORD[State(now_is.state)]}
        raise Conflict(_("{change} Its status is {status} now. Nothing was changed.", **words))
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
