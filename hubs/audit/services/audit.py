"""Every write leaves one line. Called inside the write's own transaction: no line without the write, and no write
without the line. Values of secrets never come here."""

from typing import Any

from hubs.audit.rules.records import record_of, shortened
from hubs.audit.rules.verbs import AUDITED
from hubs.cause import origin, request_id
from hubs.models import AuditEvent, AuditRecord, ChangeRequest, Hub, Organization, User

from . import events


def _facts(
    by: User | None, subject: str, organization: Organization | None, hub: Hub | None, request: ChangeRequest | None
) -> dict[str, str]:
    """What line and event have in common. A hub's organisation, or a request's, is the one when none is named."""
    if organization is None:
        organization = hub.organization if hub else request.organization if request else None
    return {
        "actor": by.username if by else "",
        "actor_name": by.display_name if by else "the portal",
        "organization": organization.slug if organization else "",
        "hub": hub.uid if hub else "",
        "request": str(request.uid) if request else "",
        "subject": subject[:200],
        "request_id": request_id.get(),
    }


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
) -> AuditEvent:
    """One audit line, and the event for those who want to hear of it. `by=None` is the portal itself. `tell` is more
    for them alone: "people" are the user names of whom it concerns. From where it was done is read from hubs.cause.
    `whole` is all that it is about, by name: kept in a record beside the line. Without it, changes that are too long
    for a line are kept there. Raises KeyError for a verb that no row of the table describes."""
    row = AUDITED[verb]
    facts = _facts(by, subject, organization, hub, request)
    seen = origin.get().of(facts["actor"])
    short = shortened(changes or {})
    whole = whole or (changes if short != changes else None)
    told = {"changes": short, "note": note, **(tell or {})}
    if row.personal:  # only the person reads these: the address of one is no business of others
        told |= {"address": seen.address, "via": seen.via}
    events.emit(verb, data=told, **facts)
    where = {"via": seen.via[:150], "made_by": seen.made_by, "address": seen.address or None}
    line = AuditEvent.objects.create(verb=verb, changes=short, note=note, recorded=bool(whole), **facts, **where)
    if whole:
        data, cut = record_of(whole)
        AuditRecord.objects.create(event=line, data=data, cut=cut)
    return line
