"""An organisation's own name for a hub: which names may be typed, and what follows from what name servers say.

The proof is a TXT record below the name. Proof and way (where the name leads) are looked at every day as long as the
name is used: one that is gone or leads elsewhere is taken off after a week of warnings; name servers that do not answer
take nothing off, ever. The portal itself never asks a hub by such a name (docs/decisions/023).
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
from hubs.live import channel as live
from hubs.models import Cluster, Hub, HubDomain, User
from hubs.outbound.dns_records import Records, Unanswered

GRACE = timedelta(days=7)  # from the first warning until the name is taken off
SETTLE = timedelta(minutes=3)  # for the certificate, between "the name leads here" and "the hub has moved there"
DAILY, HOURLY, SOON = timedelta(days=1), timedelta(hours=1), timedelta(minutes=5)
EAGER, PATIENT = timedelta(days=2), timedelta(days=14)  # how long after it was typed a name without proof is looked at
LONGEST = 253 - len(f"{HubDomain.PREFIX}.")  # RFC 1035, with room for the record's own name
LOCAL = frozenset("localhost local internal invalid onion arpa home lan".split())  # names that the world can't look up


# --- which names -----------------------------------------------------------------------------------------------------
def refusal(cluster: Cluster) -> str:
    """Why no hub of this cluster can have an own name, as sentences; "" when it can."""
    if not cluster.can.custom_domains:
        return (
            "An own name needs a hub that lives in a cluster. This one lives on a single machine, "
            "where a hub is found by its port."
        )
    if cluster.routing == Cluster.Routing.NONE:
        return (
            f"In {cluster} something outside the portal leads people to each hub, so the portal can't make it answer "
            "to another name. Ask staff."
        )
    if cluster.tls == Cluster.Tls.WILDCARD:
        return (
            f"{cluster} has one certificate, which holds for names under {cluster.domain} only. For your own name a "
            "certificate would have to be given by hand. Ask staff whether cert-manager can make certificates here."
        )
    if cluster.tls == Cluster.Tls.ISSUER and cluster.routing == Cluster.Routing.GATEWAY:
        return (
            f"In {cluster} certificates belong to the gateway, and the portal can't add one for your name. Ask staff."
        )
    return ""


def _host(text: str) -> str:
    """Of an address, or of a domain that may carry a port."""
    return (urlsplit(text if "//" in text else f"//{text}").hostname or "").lower()


def _as_dns_has_it(text: str) -> str:
    """IDNA 2008 with the mapping of browsers. Raises ValueError."""
    name = idna.encode(text, uts46=True, std3_rules=True).decode("ascii")
    labels = name.split(".")
    if len(labels) < 2 or len(name) > LONGEST or labels[-1].isdigit() or not all(labels):
        raise ValueError(text)
    return name


def read_name(text: str) -> str:
    """The name as DNS has it (RFC 1123, IDNA 2008), from what somebody typed. Raises Invalid beside `name`."""

    def wrong(sentence: str) -> Invalid:
        return Invalid.beside("name", sentence)

    typed = text.strip()
    for scheme in ("https://", "http://"):
        typed = typed.removeprefix(scheme)
    typed = typed.removesuffix("/").removesuffix(".")
    if not typed:
        raise wrong("Write the name, such as hub.example.edu.")
    try:
        name = _as_dns_has_it(typed)
    except (idna.IDNAError, ValueError):
        raise wrong("This is no name on the internet. Write one such as hub.example.edu, and nothing else.") from None
    if name.rsplit(".", 1)[1] in LOCAL:
        raise wrong("Nobody outside could look this name up. Write one that belongs to your organisation.")
    ours = [_host(settings.PORTAL_URL), _host(settings.LOCAL_HUB_ORIGIN)]
    ours += [_host(domain) for domain in Cluster.objects.exclude(domain="").values_list("domain", flat=True)]
    if any(related(name, own) for own in ours if own):
        raise wrong("This name belongs to the portal or to its hubs. Write one that belongs to your organisation.")
    return name


def readable(name: str) -> str:
    """As people write it: with their own letters, where it has some."""
    try:
        return idna.decode(name)
    except (idna.IDNAError, UnicodeError):
        return name


def first_host(hub: Hub) -> str:
    """The name that the cluster gives the hub, which an own name has to lead to."""
    return f"{hub.slug}.{_host(hub.cluster.domain)}"


def addresses(hub: Hub) -> list[str]:
    """Every address at which a browser may find the hub now: as a worker left it, its first one, and its own name's."""
    found = [hub.url]
    row = HubDomain.objects.filter(hub=hub).exclude(proven_at=None).first()
    if row and hub.cluster.can.custom_domains:
        scheme = "http" if hub.cluster.tls == Cluster.Tls.NONE else "https"
        _, colon, port = hub.cluster.domain.partition(":")
        found += [f"{scheme}://{hub.slug}.{hub.cluster.domain}/", f"{scheme}://{row.name}{colon}{port}/"]
    return list(dict.fromkeys(found))


# --- what name servers say -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Found:
    """What one look saw; None = not known."""

    proof: bool | None
    points: bool | None
    others: int = 0  # TXT records at the right place that are not the proof


def observe(row: HubDomain) -> Found:
    """Ask. Takes at most DNS_SECONDS."""
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
    """By a CNAME, or by an address that both have. Raises Unanswered."""
    if records.alias(name) == target:
        return True
    own = records.addresses(name)
    return bool(own) and not own.isdisjoint(records.addresses(target))


def _words(row: HubDomain, found: Found) -> str:
    """What is wrong, for whoever makes the records; "" when nothing is."""
    if found.proof is None:
        return "The name servers did not answer. That says nothing about your records; we ask again."
    if not found.proof:
        seen = "There is a TXT record at" if found.others else "There is no TXT record at"
        but = ", but its value is not the one below." if found.others else " yet, or not everywhere."
        return f"{seen} {row.record_name}{but}"
    if found.points is None:
        return f"We could not find out where {readable(row.name)} leads. We ask again."
    if not found.points:
        return f"{readable(row.name)} does not lead to {first_host(row.hub)}."
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
        row.added_at = now  # looked for again, as if it were new
    return ["domain.lapse"]


def decide(row: HubDomain, found: Found, now: datetime) -> list[str]:
    """Change the row (not saved) by what was seen; the audit's verbs of what happened, in order."""
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


# --- one look --------------------------------------------------------------------------------------------------------
SAVED = (
    "checked_at", "problem", "proven_at", "points_at", "in_use_at", "failing_since", "added_at", "look_at",
)  # fmt: skip
TAKEN = "Another hub has proven this name and uses it. A name leads to one hub."


def look(row: HubDomain, *, by: User | None) -> HubDomain | None:
    """Ask the name servers and write down what follows; None when the name was removed or replaced meanwhile."""
    if row.hub.is_retired:
        HubDomain.objects.filter(pk=row.pk).update(look_at=None)
        return None
    found, now = observe(row), timezone.now()
    try:
        return _record(row, found, now, by)
    except IntegrityError:  # two proved it; the first one has it
        HubDomain.objects.filter(pk=row.pk, token=row.token).update(checked_at=now, problem=TAKEN, look_at=now + HOURLY)
        return HubDomain.objects.select_related("hub__cluster", "hub__organization").filter(pk=row.pk).first()


@transaction.atomic
def _record(row: HubDomain, found: Found, now: datetime, by: User | None) -> HubDomain | None:
    """From the row as it is now: another look may have been faster. Raises IntegrityError when the name is taken."""
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
    """What the hub's address is made of has changed."""
    wake.want(hub)
