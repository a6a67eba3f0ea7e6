"""Custom domain of a hub: which names are allowed, DNS checks, and what follows from their results.

A TXT record below the name verifies the domain. That record and where the name points to are checked daily while the
domain is in use. If a record is missing or points elsewhere, the domain is removed after a week of warnings; name
servers that do not answer never remove it. The portal itself never calls a hub at such a name (docs/decisions/023).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import idna
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from hubs import wake
from hubs.audit.services import audit
from hubs.domains.rules import related
from hubs.errors import Invalid
from hubs.language import _
from hubs.live import channel as live
from hubs.models import Cluster, Hub, HubDomain, User
from hubs.outbound.dns_records import Records, Unanswered

GRACE = timedelta(days=7)  # from the first warning until the domain is removed
SETTLE = timedelta(minutes=3)  # for the certificate, between the first correct DNS answer and the switch
DAILY, HOURLY, SOON = timedelta(days=1), timedelta(hours=1), timedelta(minutes=5)
EAGER, PATIENT = timedelta(days=2), timedelta(days=14)  # how long an unverified name is checked: often, then hourly
LONGEST = 253 - len(f"{HubDomain.PREFIX}.")  # RFC 1035, less the prefix of the TXT record
LOCAL = frozenset("localhost local internal invalid onion arpa home lan".split())  # not resolvable in public DNS


# --- which names -----------------------------------------------------------------------------------------------------
def refusal(cluster: Cluster) -> str:
    """Return why hubs of this cluster can't have a custom domain, as sentences, or "" if they can."""
    if not cluster.can.custom_domains:
        return _(
            "Custom domains require a hub that runs on a Kubernetes cluster. This hub runs on a single machine, where "
            "hubs are addressed by port."
        )
    if cluster.routing == Cluster.Routing.NONE:
        return _(
            "On “{cluster}”, traffic is routed to hubs outside of the portal, so the portal can’t set up a custom "
            "domain. Contact staff.",
            cluster=cluster.name,
        )
    if cluster.tls == Cluster.Tls.WILDCARD:
        return _(
            "“{cluster}” has one certificate, which is only valid for names under {domain}. Ask staff whether "
            "cert-manager can issue certificates for custom domains here.",
            cluster=cluster.name,
            domain=cluster.domain,
        )
    if cluster.tls == Cluster.Tls.ISSUER and cluster.routing == Cluster.Routing.GATEWAY:
        return _(
            "On “{cluster}”, certificates are part of the gateway, and the portal can’t add one for a custom domain. "
            "Contact staff.",
            cluster=cluster.name,
        )
    return ""


def _host(text: str) -> str:
    """Return the host of a URL, or of a domain with an optional port."""
    return (urlsplit(text if "//" in text else f"//{text}").hostname or "").lower()


def _as_dns_has_it(text: str) -> str:
    """Return the name in IDNA 2008 form, with the mapping of browsers. Raise ValueError."""
    name = idna.encode(text, uts46=True, std3_rules=True).decode("ascii")
    labels = name.split(".")
    if len(labels) < 2 or len(name) > LONGEST or labels[-1].isdigit() or not all(labels):
        raise ValueError(text)
    return name


def read_name(text: str) -> str:
    """Return the typed name in DNS form (RFC 1123, IDNA 2008). Raise Invalid for `name`."""

    def wrong(sentence: str) -> Invalid:
        return Invalid.beside("name", sentence)

    typed = text.strip()
    for scheme in ("https://", "http://"):
        typed = typed.removeprefix(scheme)
    typed = typed.removesuffix("/").removesuffix(".")
    if not typed:
        raise wrong(_("Enter a domain name, such as hub.example.edu."))
    try:
        name = _as_dns_has_it(typed)
    except (idna.IDNAError, ValueError):
        raise wrong(_("This is not a valid domain name. Enter only a name such as hub.example.edu.")) from None
    if name.rsplit(".", 1)[1] in LOCAL:
        raise wrong(_("This name does not exist in public DNS. Enter a domain name that belongs to your organisation."))
    ours = [_host(settings.PORTAL_URL), _host(settings.LOCAL_HUB_ORIGIN)]
    ours += [_host(domain) for domain in Cluster.objects.exclude(domain="").values_list("domain", flat=True)]
    if any(related(name, own) for own in ours if own):
        raise wrong(
            _("This name belongs to the portal or its hubs. Enter a domain name that belongs to your organisation.")
        )
    return name


def readable(name: str) -> str:
    """Return the name in Unicode form, as people write it."""
    try:
        return idna.decode(name)
    except (idna.IDNAError, UnicodeError):
        return name


def first_host(hub: Hub) -> str:
    """Return the hub's default host name in its cluster, which a custom domain must point to."""
    return f"{hub.slug}.{_host(hub.cluster.domain)}"


def addresses(hub: Hub) -> list[str]:
    """Return all addresses at which a browser may reach the hub now: current, default and custom domain."""
    found = [hub.url]
    row = HubDomain.objects.filter(hub=hub).exclude(proven_at=None).first()
    if row and hub.cluster.can.custom_domains:
        scheme = "http" if hub.cluster.tls == Cluster.Tls.NONE else "https"
        _host_name, colon, port = hub.cluster.domain.partition(":")
        found += [f"{scheme}://{hub.slug}.{hub.cluster.domain}/", f"{scheme}://{row.name}{colon}{port}/"]
    return list(dict.fromkeys(found))


# --- DNS checks ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Found:
    """Result of one check; None = unknown."""

    proof: bool | None
    points: bool | None
    others: int = 0  # TXT records at the right name with another value


def observe(row: HubDomain) -> Found:
    """Query the name servers. Takes at most DNS_SECONDS."""
    records = Records(settings.DNS_SECONDS)
    try:
        texts = [text.strip() for text in records.texts(row.record_name)]
        proof = row.record_value in texts
    except Unanswered:
        return Found(None, None)
    try:
        points = _leads_to(records, row.name, first_host(row.hub))
    except Unanswered:
        points = None
    return Found(proof, points, others=len(texts) - proof)


def _leads_to(records: Records, name: str, target: str) -> bool:
    """Return whether the name has a CNAME to the target, or shares an address with it. Raise Unanswered."""
    if records.alias(name) == target:
        return True
    own = records.addresses(name)
    return bool(own) and not own.isdisjoint(records.addresses(target))


def _words(row: HubDomain, found: Found) -> str:
    """Return what is wrong with the records, as a sentence, or ""."""
    if found.proof is None:
        return _("The name servers did not answer, so the records could not be checked. The portal will check again.")
    if not found.proof:
        if found.others:
            return _("The TXT record at {name} exists, but its value is not the one below.", name=row.record_name)
        return _("There is no TXT record at {name}, or it is not visible everywhere yet.", name=row.record_name)
    if found.points is None:
        return _("The portal could not find out where {name} points to. It will check again.", name=readable(row.name))
    if not found.points:
        return _("{name} does not point to {host}.", name=readable(row.name), host=first_host(row.hub))
    return ""


def _next_look(row: HubDomain, now: datetime) -> datetime | None:
    if row.failing_since or (row.proven_at and not row.in_use_at):
        age = now - (row.failing_since or row.proven_at or now)
        return now + (SOON if row.failing_since is None and age < EAGER else HOURLY)
    if row.proven_at:
        return now + DAILY
    age = now - row.added_at
    return now + (SOON if age < EAGER else HOURLY) if age < PATIENT else None


def _warn_or_lapse(row: HubDomain, found: Found, now: datetime) -> list[str]:
    if row.failing_since is None:
        row.failing_since = now
        return ["domain.warn"]
    if now - row.failing_since < GRACE:
        return []
    row.points_at = row.in_use_at = row.failing_since = None
    if not found.proof:
        row.proven_at = None
        row.added_at = now  # start verification again, as for a new domain
    return ["domain.lapse"]


def decide(row: HubDomain, found: Found, now: datetime) -> list[str]:
    """Update the row (not saved) from the result; return the audit verbs of what happened, in order."""
    verbs = []
    row.checked_at, row.problem = now, _words(row, found)
    astray = row.in_use_at is not None and found.points is False
    if found.proof:
        if row.in_use_at is None or found.points:
            row.failing_since = None
        if row.proven_at is None:
            row.proven_at = now
            verbs.append("domain.prove")
        if found.points is not None and row.in_use_at is None:
            row.points_at = (row.points_at or now) if found.points else None
        settled = SETTLE if row.hub.cluster.tls == Cluster.Tls.ISSUER else timedelta()
        if row.in_use_at is None and row.points_at and now - row.points_at >= settled:
            row.in_use_at = now
            verbs.append("domain.use")
    if row.proven_at and (found.proof is False or astray):
        verbs += _warn_or_lapse(row, found, now)
    row.look_at = _next_look(row, now)
    return verbs


# --- one check -------------------------------------------------------------------------------------------------------
SAVED = (
    "checked_at", "problem", "proven_at", "points_at", "in_use_at", "failing_since", "added_at", "look_at",
)  # fmt: skip


def taken() -> str:
    return _("Another hub uses this domain. A domain can only point to one hub.")


def look(row: HubDomain, *, by: User | None) -> HubDomain | None:
    """Check the records and save the result. Return None if the domain was removed or replaced in the meantime."""
    if row.hub.is_retired:
        HubDomain.objects.filter(pk=row.pk).update(look_at=None)
        return None
    found, now = observe(row), timezone.now()
    try:
        return _record(row, found, now, by)
    except IntegrityError:  # two hubs verified it; the first one has it
        values: dict[str, Any] = {"checked_at": now, "problem": taken(), "look_at": now + HOURLY}
        HubDomain.objects.filter(pk=row.pk, token=row.token).update(**values)
        return HubDomain.objects.select_related("hub__cluster", "hub__organization").filter(pk=row.pk).first()


@transaction.atomic
def _record(row: HubDomain, found: Found, now: datetime, by: User | None) -> HubDomain | None:
    """Save the result to the current row; another check may have been faster. Raise IntegrityError if it is taken."""
    related_rows = ("hub__cluster", "hub__organization", "added_by")
    fresh = HubDomain.objects.select_related(*related_rows).filter(pk=row.pk, token=row.token).first()
    if fresh is None:
        return None
    before = fresh.checked_at
    verbs = decide(fresh, found, now)
    values: dict[str, Any] = {name: getattr(fresh, name) for name in SAVED}
    if not HubDomain.objects.filter(pk=row.pk, token=row.token, checked_at=before).update(**values):
        return HubDomain.objects.select_related(*related_rows).filter(pk=row.pk).first()
    for verb in verbs:
        audit.record(verb, by=by, subject=fresh.hub.title, hub=fresh.hub, note=readable(fresh.name))
    if {"domain.prove", "domain.use", "domain.lapse"} & set(verbs):
        move(fresh.hub)
    else:
        live.changed_on_commit(hub=fresh.hub)
    return fresh


def move(hub: Hub) -> None:
    """Have the hub updated after a change of its address."""
    wake.want(hub)
