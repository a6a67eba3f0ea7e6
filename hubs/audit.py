"""Every write leaves one line. Called inside the write's own transaction: no line without the write, and no write
without the line. Values of secrets never come here."""

from contextvars import ContextVar
from typing import Any

from hubs.models import AuditEvent, ChangeRequest, Hub, Organization, User

# The id of the HTTP request or task that caused the write; portal.middleware and provisioning.tasks set it.
request_id: ContextVar[str] = ContextVar("request_id", default="")

SENTENCES: dict[str, str] = {
    "account.create": "signed up as",
    "account.email": "has another e-mail address:",
    "account.name": "changed their name to",
    "account.password": "changed the password of",
    "organization.create": "made the organisation",
    "organization.limits": "changed the limits of",
    "member.invite": "invited somebody to",
    "member.revoke": "withdrew an invitation to",
    "member.join": "joined",
    "member.role": "changed the role of",
    "member.remove": "removed",
    "request.start": "began the request",
    "request.save": "edited the request",
    "request.submit": "sent the request",
    "request.take_back": "took back the request",
    "request.withdraw": "withdrew the request",
    "request.approve": "approved",
    "request.send_back": "returned for changes",
    "request.reject": "rejected",
    "request.supersede": "closed as overtaken",
    "request.comment": "commented on",
    "hub.create": "created the hub",
    "hub.change": "changed the hub",
    "hub.suspend": "suspended the hub",
    "hub.resume": "resumed the hub",
    "hub.retire": "retired the hub",
    "hub.retry": "asked for another try of",
    "roster.add": "gave access to",
    "roster.role": "changed the access to",
    "roster.remove": "took away access to",
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
) -> AuditEvent:
    """One audit line. `by=None` is the portal itself. Raises KeyError for a verb nobody described."""
    SENTENCES[verb]
    if organization is None:
        organization = hub.organization if hub else request.organization if request else None
    return AuditEvent.objects.create(
        verb=verb,
        actor=by.username if by else "",
        actor_name=by.display_name if by else "the portal",
        organization=organization.slug if organization else "",
        hub=hub.uid if hub else "",
        request=str(request.uid) if request else "",
        subject=subject[:200],
        changes=changes or {},
        note=note,
        request_id=request_id.get(),
    )
