"""Every write leaves one line. Called inside the write's own transaction: no line without the write, and no write
without the line. Values of secrets never come here."""

from typing import Any

from hubs.audit.rules import record_of, shortened
from hubs.cause import origin, request_id
from hubs.models import AuditEvent, AuditRecord, ChangeRequest, Hub, Organization, User

from . import events

SENTENCES: dict[str, str] = {
    "account.create": "signed up as",
    "account.email": "has another e-mail address:",
    "account.name": "changed their name to",
    "account.username": "chose the user name",
    "account.password": "changed the password of",
    "account.sign_out": "ended all sessions of",
    "account.close": "closed the account of",
    "organization.create": "made the organisation",
    "organization.limits": "changed the limits of",
    "organization.cluster": "moved new hubs to another cluster for",
    "organization.time_zone": "changed the time zone of",
    "cluster.create": "added the cluster",
    "cluster.change": "changed the cluster",
    "cluster.credentials": "replaced the credentials of the cluster",
    "cluster.open": "opened for new hubs the cluster",
    "cluster.close": "closed for new hubs the cluster",
    "cluster.check": "checked the cluster",
    "cluster.delete": "removed the cluster",
    "account.notifications": "chose how to be told:",
    "account.calendar": "made a secret calendar address of",
    "account.calendar_end": "ended their secret calendar address of",
    "account.staff": "changed the staff rights of",
    "member.invite": "invited somebody to",
    "member.revoke": "withdrew an invitation to",
    "member.join": "joined",
    "member.role": "changed the role of",
    "member.remove": "removed",
    "member.take_over": "took over an invitation to",
    "request.start": "began the request",
    "request.save": "edited the request",
    "request.submit": "sent the request",
    "request.take_back": "took back the request",
    "request.withdraw": "withdrew the request",
    "request.approve": "approved",
    "request.send_back": "returned for changes",
    "request.reject": "rejected",
    "request.take_over": "took over the request",
    "request.supersede": "closed as overtaken",
    "request.secret": "set a secret:",
    "request.comment": "commented on",
    "hub.create": "created the hub",
    "hub.change": "changed the hub",
    "hub.suspend": "suspended the hub",
    "hub.resume": "resumed the hub",
    "hub.retire": "retired the hub",
    "hub.remind": "reminded of the end of the hub",
    "hub.begin": "created on its first day the hub",
    "hub.end": "ended, because its last day is over, the hub",
    "hub.retry": "asked for another try of",
    "hub.restart": "restarted the hub",
    "hub.secrets": "rotated secrets of the hub",
    "hub.start_server": "started a server of",
    "hub.stop_server": "stopped a server of",
    "hub.stop_servers": "stopped all servers of",
    "hub.pause": "paused the repair of",
    "hub.unpause": "ended the pause of",
    "hub.code": "changed the code (hub.extraConfig) of the hub",
    "hub.delete_files": "deleted the kept files of",
    "hub.starting_point": "kept as it is, although its starting point has a newer version, the hub",
    "starting_point.create": "made the starting point",
    "starting_point.publish": "published a version of the starting point",
    "starting_point.card": "changed the card of the starting point",
    "starting_point.withdraw": "withdrew the starting point",
    "starting_point.offer": "offered again the starting point",
    "domain.add": "asked for an own name of",
    "domain.prove": "found the proof for the own name of",
    "domain.use": "moved to its own name the hub",
    "domain.warn": "found a problem with the own name of",
    "domain.lapse": "gave up the own name of",
    "domain.remove": "removed the own name of",
    "token.create": "made the token",
    "token.revoke": "revoked the token",
    "token.take_over": "took over the token",
    "device.allow": "allowed a program to fetch a token:",
    "device.deny": "refused a program a token:",
    "service.create": "made the service account",
    "service.role": "changed the role of the service account",
    "service.remove": "removed the service account",
    "roster.add": "gave access to",
    "roster.role": "changed the access to",
    "roster.remove": "took away access to",
    "content_link.save": "kept the content link",
    "content_link.remove": "removed the content link",
    "registry.set": "set the password of the registry",
    "registry.remove": "removed the password of the registry",
    "image.create": "added to the image catalogue",
    "image.change": "changed in the image catalogue",
    "image.withdraw": "withdrew from the image catalogue",
    "image.offer": "offered again in the image catalogue",
    "image.probe": "asked for a probe of the image",
    "webhook.create": "made the webhook to",
    "webhook.change": "changed the webhook to",
    "webhook.rotate": "made another secret for the webhook to",
    "webhook.take_over": "took over the webhook to",
    "webhook.pause": "paused the webhook to",
    "webhook.paused": "paused, because nothing arrived, the webhook to",
    "webhook.resume": "resumed the webhook to",
    "webhook.test": "sent a test by the webhook to",
    "webhook.resend": "sent again by the webhook to",
    "webhook.remove": "removed the webhook to",
    "limit.set": "set user limits in",
    "limit.change": "changed user limits in",
    "limit.ask": "asked staff for more in",
    "limit.allow": "allowed more than was agreed in",
    "limit.decline": "declined to allow more in",
    "limit.end": "ended user limits in",
    "limit.run_out": "ended user limits whose last day was over in",
    "limit.import": "brought user limits from a file to",
}

# Name of a group -> (label, what its verbs begin with): what the audit is filtered by. Each verb is in exactly one.
GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "people": ("People and access", ("member.", "roster.")),
    "hubs": ("Hubs", ("hub.", "domain.", "content_link.")),
    "requests": ("Requests", ("request.",)),
    "limits": ("Limits", ("limit.", "organization.limits")),
    "organizations": (
        "Organisations",
        ("organization.create", "organization.cluster", "organization.time_zone", "registry."),
    ),
    "accounts": ("Accounts and sign-in", ("account.",)),
    "tokens": ("Tokens and programs", ("token.", "device.", "service.")),
    "starting-points": ("Starting points", ("starting_point.",)),
    "images": ("Images", ("image.",)),
    "clusters": ("Clusters", ("cluster.",)),
    "webhooks": ("Webhooks", ("webhook.",)),
}


def verbs_of(group: str) -> tuple[str, ...]:
    """The verbs of a group. Raises KeyError for a group that there is not."""
    begins = GROUPS[group][1]
    return tuple(verb for verb in SENTENCES if verb.startswith(begins))


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
    for a line are kept there. Raises KeyError for a verb nobody described."""
    SENTENCES[verb]
    if organization is None:
        organization = hub.organization if hub else request.organization if request else None
    facts = {
        "actor": by.username if by else "",
        "actor_name": by.display_name if by else "the portal",
        "organization": organization.slug if organization else "",
        "hub": hub.uid if hub else "",
        "request": str(request.uid) if request else "",
        "subject": subject[:200],
        "request_id": request_id.get(),
    }
    seen = origin.get().of(facts["actor"])
    short = shortened(changes or {})
    whole = whole or (changes if short != changes else None)
    told = {"changes": short, "note": note, **(tell or {})}
    if verb in events.PERSONAL:  # only the person reads these: the address of one is no business of others
        told |= {"address": seen.address, "via": seen.via}
    events.emit(verb, data=told, **facts)
    where = {"via": seen.via[:150], "made_by": seen.made_by, "address": seen.address or None}
    line = AuditEvent.objects.create(verb=verb, changes=short, note=note, recorded=bool(whole), **facts, **where)
    if whole:
        data, cut = record_of(whole)
        AuditRecord.objects.create(event=line, data=data, cut=cut)
    return line
