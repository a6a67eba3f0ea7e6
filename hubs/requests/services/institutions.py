"""CILogon's institutions: load the list, and search it by name."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from hubs.errors import Invalid
from hubs.language import _
from hubs.models import Institution

SOURCE = "https://cilogon.org/idplist/"  # the public list: one object per institution
MOST, SHOWN, MOST_WORDS = 50_000, 20, 6
LARGEST = 32 * 1024**2  # bytes; in 2026 the list has about five thousand institutions and 3 MiB


def plain(text: str) -> str:
    """Lower-case text without accents: "Université" -> "universite"."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def searched(*texts: str) -> str:
    """Return all words, each with a space before it, so that a search matches only beginnings of words."""
    return "".join(f" {word}" for word in dict.fromkeys(re.findall(r"[\w.-]+", plain(" ".join(texts)))))[:600]


def _rows(data: Any) -> Iterator[Institution]:
    if not isinstance(data, list):
        raise Invalid(_("This is not a list of institutions. A JSON list is expected."))
    seen = set()
    for one in data[:MOST]:
        entity = one.get("EntityID") if isinstance(one, dict) else None
        name = (one.get("DisplayName") or one.get("OrganizationName")) if isinstance(one, dict) else None
        if not isinstance(entity, str) or not isinstance(name, str) or not 0 < len(entity) <= 300 or entity in seen:
            continue
        seen.add(entity)
        name = " ".join(name.split())[:200]
        yield Institution(entity_id=entity, name=name, words=searched(name, entity.split("//")[-1].split("/")[0]))


@transaction.atomic
def load(text: str) -> int:
    """Replace the current list, and return the number of institutions. Raise Invalid."""
    try:
        found = list(_rows(json.loads(text)))
    except (ValueError, RecursionError):
        raise Invalid(_("This is not valid JSON.")) from None
    if not found:
        raise Invalid(_("No institutions found. Each needs an EntityID and a DisplayName."))
    Institution.objects.all().delete()
    Institution.objects.bulk_create(found, batch_size=1000)
    return len(found)


def find(text: str) -> QuerySet[Institution]:
    """Return at most SHOWN institutions whose name contains words that start with each of these."""
    words = re.findall(r"[\w.-]+", plain(text))[:MOST_WORDS]
    if not words:
        return Institution.objects.none()
    asked = Q()
    for word in words:
        asked &= Q(words__contains=f" {word}")
    return Institution.objects.filter(asked)[:SHOWN]
