"""Names that people choose: a hub's address, and the people they list for it."""

import re
from collections.abc import Iterable

from anyascii import anyascii
from django.db.models import QuerySet

from hubs.language import _
from hubs.models import ChangeRequest, Cluster, Hub, Organization
from hubs.requests.rules import State
from hubs.text import slugs

RESERVED = frozenset(
    (
        "admin api app apps auth www mail static media hub hubs portal status docs help login logout root system test "
        "kube-system default localhost proxy user users services healthz readyz"
    ).split()
)
LONGEST, TRIES = 40, 50  # characters of an address; numbers that are tried after a taken name
SLUG = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")


def check_slug(slug: str, *, without: ChangeRequest | None = None) -> str:
    """Return why this address can't be used, as a sentence, or "" if it can. (A DNS label, RFC 1123, that starts with a
    letter; no double dash, because of homographs in internationalised names.)"""
    if not SLUG.fullmatch(slug) or "--" in slug:
        return _("Use 3 to 40 lower-case letters, digits and single hyphens, starting with a letter.")
    if _reserved(slug):
        return _("This address is reserved. Choose another one.")
    asked = _asked_for().filter(slug=slug)
    if without:
        asked = asked.exclude(pk=without.pk)
    taken = Hub.objects.filter(slug=slug, retired_at=None).exists() or asked.exists()
    return _("This address is taken. Choose another one.") if taken else ""


def free_address(name: str) -> str:
    """Return an unused address for a hub's name: "Übung 3" -> "uebung-3", or "uebung-3-2" if that is taken; "" if the
    name has no usable characters. Constant queries."""
    begin = slugs.hyphenated(anyascii(slugs.plain(name)).lower())[:LONGEST].rstrip("-")
    tried = [begin, *(f"{begin[: LONGEST - 3].rstrip('-')}-{number}" for number in range(2, 2 + TRIES))]
    possible = [slug for slug in tried if SLUG.fullmatch(slug) and not _reserved(slug)]
    held = set(Hub.objects.filter(slug__in=possible, retired_at=None).values_list("slug", flat=True))
    held |= set(_asked_for().filter(slug__in=possible).values_list("slug", flat=True))
    return next((slug for slug in possible if slug not in held), "")


def _reserved(slug: str) -> bool:
    return slug in RESERVED or slug.startswith("kube-")


def _asked_for() -> QuerySet[ChangeRequest]:
    """Requests that reserve the address of a new hub."""
    return ChangeRequest.objects.filter(kind="create", state__in=[State.SUBMITTED, State.RETURNED])


def address_text(slug: str, cluster: Cluster) -> str:
    """Return a hub's URL, as far as it is known before the hub exists: only its path if the port is chosen later."""
    if cluster.domain:
        scheme = "http" if cluster.tls == Cluster.Tls.NONE else "https"
        return f"{scheme}://{slug}.{cluster.domain}/"
    return f"/{slug}/"


def check_people(names: Iterable[str], organization: Organization) -> str:
    """Return why these people can't be listed, as a sentence, or "" if they can. User names must belong to members,
    because anyone could take an unused name later. Others are listed by email address."""
    names = {name for name in names if "@" not in name}
    known = (
        {name.lower() for name in organization.members.filter(service_of=None).values_list("username", flat=True)}
        if names
        else set()
    )
    unknown = sorted(names - known)
    if not unknown:
        return ""
    return _(
        "Not a member of {organization}: {names}. Enter an email address instead.",
        organization=str(organization),
        names=", ".join(unknown)[:200],
    )
