"""Names that people choose: a hub's address, and whom they may name as its people."""

import re
from collections.abc import Iterable

from anyascii import anyascii
from django.conf import settings
from django.db.models import QuerySet

from hubs.models import ChangeRequest, Cluster, Hub, Organization
from hubs.requests.rules import State

RESERVED = frozenset(
    (
        "admin api app apps auth www mail static media hub hubs portal status docs help login logout root system test "
        "kube-system default localhost proxy user users services healthz readyz"
    ).split()
)
LONGEST, TRIES = 40, 50  # characters of an address; numbers that are tried behind a name that is taken
SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")


def check_slug(slug: str, *, without: ChangeRequest | None = None) -> str:
    """Why this address can't be used, as a sentence; "" when it can. (A DNS label, RFC 1123, that begins with a
    letter; no double dash, which is how internationalised names that look like others begin.)"""
    if not SLUG.fullmatch(slug) or "--" in slug:
        return "Use 3 to 40 lower-case letters, digits and single dashes, starting with a letter."
    if _reserved(slug):
        return "This address is reserved. Choose another one."
    asked = _asked_for().filter(slug=slug)
    if without:
        asked = asked.exclude(pk=without.pk)
    taken = Hub.objects.filter(slug=slug, retired_at=None).exists() or asked.exists()
    return "This address is taken. Choose another one." if taken else ""


def free_address(name: str) -> str:
    """An address that nobody has, made of a hub's name: "Übung 3" -> "ubung-3", or "ubung-3-2" when that is taken; ""
    when nothing of the name can stand in one. Constant queries."""
    words = re.sub(r"[^a-z0-9]+", "-", anyascii(name).lower()).strip("-")
    begin = re.sub(r"^[^a-z]+", "", words)[:LONGEST].strip("-")
    tried = [begin, *(f"{begin[: LONGEST - 3].rstrip('-')}-{number}" for number in range(2, 2 + TRIES))]
    possible = [slug for slug in tried if SLUG.fullmatch(slug) and not _reserved(slug)]
    held = set(Hub.objects.filter(slug__in=possible, retired_at=None).values_list("slug", flat=True))
    held |= set(_asked_for().filter(slug__in=possible).values_list("slug", flat=True))
    return next((slug for slug in possible if slug not in held), "")


def _reserved(slug: str) -> bool:
    return slug in RESERVED or slug.startswith("kube-")


def _asked_for() -> QuerySet[ChangeRequest]:
    """Requests that hold the address of a hub to come."""
    return ChangeRequest.objects.filter(kind="create", state__in=[State.SUBMITTED, State.RETURNED])


def address_text(slug: str, cluster: Cluster) -> str:
    """Where a hub will be found, as far as one knows before it is made (one machine chooses the port then)."""
    if cluster.domain:
        scheme = "http" if cluster.tls == Cluster.Tls.NONE else "https"
        return f"{scheme}://{slug}.{cluster.domain}/"
    return f"{settings.LOCAL_HUB_ORIGIN}:…/{slug}/"


def check_people(names: Iterable[str], organization: Organization) -> str:
    """Why these people can't be named, as a sentence; "" when they can. User names must be members' names: a name that
    nobody has yet could be taken by anybody later. Strangers are named by e-mail address."""
    names = {name for name in names if "@" not in name}
    known = (
        {name.lower() for name in organization.members.filter(service_of=None).values_list("username", flat=True)}
        if names
        else set()
    )
    unknown = sorted(names - known)
    if not unknown:
        return ""
    return f"Not a member of {organization}: {', '.join(unknown)[:200]}. Enter an email address instead."
