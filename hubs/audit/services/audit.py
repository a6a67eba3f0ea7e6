"""The audit log: every write adds one line, in the write's own transaction, so that neither exists without the other.
Callers never pass the values of secrets."""

from collections.abc import Mapping
from typing import Any

from hubs.audit.rules.records import record_of, shortened
from hubs.audit.rules.verbs import AUDITED
from hubs.language import _
from hubs.models import AuditEvent, AuditRecord, ChangeRequest, Hub, Organization, User
from hubs.request_context import NOWHERE, origin, request_id
from hubs.text.sentences import english

from . import events


def _actor(by: User | None) -> dict[str, str]:
    return {"actor": by.username if by else "", "actor_name": by.display_name if by else "Hub Portal"}


def _facts(
    by: User | None, subject: str, organization: Organization | None, hub: Hub | None, request: ChangeRequest | None
) -> dict[str, str]:
    """Return the fields that line and event share. Without an organisation, the hub's or the request's is used."""
    if organization is None:
        organization = hub.organization if hub else request.organization if request else None
    return {
        **_actor(by),
        "organization": organization.slug if organization else "",
        "hub": hub.uid if hub else "",
        "request": str(request.uid) if request else "",
        "subject": subject if len(subject) <= 200 else subject[:200],
        "request_id": request_id.get(),
    }


def _named(changes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the changes with English names, where names are sentences: .rules.changed knows them by these."""
    return {name if type(name) is str else english(name): change for name, change in (changes or {}).items()}


def consequence(verb: str, *, request: ChangeRequest, **more: Any) -> AuditEvent:
    """Record what an approved request leads to. If staff approved it, the line names the portal as actor, and both
    people in its note: the requester did nothing at that time. The event's actor is always the requester."""
    if request.decided_by is None:
        return record(verb, by=request.requester, request=request, **more)
    people = {"approver": request.decided_by.display_name, "requester": request.requester.display_name}
    said = _("Approved by {approver}, requested by {requester}.", **people)
    return record(verb, by=None, request=request, note=said, asked_by=request.requester, **more)


def record(
    verb: str,
    *,
    by: User | None,
    subject: str,
    organization: Organization | None = None,
    hub: Hub | None = None,
    request: ChangeRequest | None = None,
    changes: dict[str, Any] | None = None,
    note: str = "",
    tell: dict[str, Any] | None = None,
    whole: dict[str, Any] | None = None,
    asked_by: User | None = None,
) -> AuditEvent:
    """Write one audit line, and emit its event. `by=None` is the portal itself, which comes from no address. `tell` is
    added to the event only; its "people" are the user names of the people affected. The origin is that of the request
    context. `whole` is the complete data, by name, stored in a record with the line; without it, a record stores
    changes too long for a line. `asked_by` is the actor of the event, if it is not that of the line (see
    `consequence`). Raise KeyError for a verb that is not in the table."""
    row = AUDITED[verb]
    facts = _facts(by, subject, organization, hub, request)
    seen = origin.get().of(facts["actor"]) if by or row.personal else NOWHERE
    changes = _named(changes)
    short = shortened(changes)
    whole = _named(whole) or (changes if short != changes else None)
    told = {"changes": short, "note": note, **(tell or {})}
    if row.personal:  # only the person reads these: others must not see their address
        told |= {"address": seen.address, "via": seen.via}
    events.emit(verb, data=told, **{**facts, **(_actor(asked_by) if asked_by else {})})
    where = {"via": seen.via[:150], "made_by": seen.made_by, "address": seen.address or None}
    line = AuditEvent.objects.create(verb=verb, changes=short, note=note, recorded=bool(whole), **facts, **where)
    if whole:
        data, cut = record_of(whole)
        AuditRecord.objects.create(event=line, data=data, cut=cut)
    return line
