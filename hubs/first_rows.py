"""Initial rows of every portal. Created after each migration, the only hook of Django that a new database, an upgrade
and an emptied test database share. Existing rows are never changed, so staff's edits are preserved."""

from typing import Any

from django.apps import apps as current_apps
from django.db import DEFAULT_DB_ALIAS, transaction

from hubs.language import lazy
from hubs.models.sentence_field import SentenceField
from hubs.spec import STARTING_POINTS
from hubs.spec.first_images import FIRST_IMAGES
from hubs.text.kept import to_text

FIRST = lazy("First version")


def kept(rows: Any, name: str, sentence: str) -> str:
    """Return what to write into this column so that it keeps a sentence. During `migrate`, models are those of its last
    migration, whose columns don't know sentences."""
    knows = isinstance(rows.model._meta.get_field(name), SentenceField)
    return str(sentence) if knows else str(to_text(str(sentence)))


def starting_points(*, using: str = DEFAULT_DB_ALIAS, apps: Any = current_apps, **_: Any) -> None:
    """Create rows for built-in starting points that have none, with the portal as the author of the first version."""
    try:
        points = apps.get_model("hubs", "StartingPoint").objects.using(using)
        versions = apps.get_model("hubs", "StartingPointVersion").objects.using(using)
    except LookupError:  # migrated back to before this model existed
        return
    known = set(points.values_list("slug", flat=True))
    with transaction.atomic(using=using):
        for position, one in enumerate(STARTING_POINTS.values(), 1):
            if one.name in known:
                continue
            card: dict[str, Any] = {"name": kept(points, "name", one.title), "picture": one.icon}
            card["description"] = kept(points, "description", one.summary)
            card["position"] = position * 10
            point, new = points.get_or_create(slug=one.name, defaults=card)
            if new:
                point.version = versions.create(
                    point=point, number=1, draft=one.draft(), message=kept(versions, "message", FIRST)
                )
                point.save(update_fields=["version"])


def catalogue_images(*, using: str = DEFAULT_DB_ALIAS, apps: Any = current_apps, **_: Any) -> None:
    """Create the initial rows of the image catalogue that are missing."""
    try:
        rows = apps.get_model("hubs", "CatalogueImage").objects.using(using)
    except LookupError:  # migrated back to before this model existed
        return
    known = set(rows.filter(organization=None).values_list("slug", flat=True))
    with transaction.atomic(using=using):
        for position, one in enumerate(FIRST_IMAGES, 1):
            if one.slug not in known:
                words = {name: kept(rows, name, getattr(one, name)) for name in ("name", "description")}
                values = {**vars(one), **words, "languages": list(one.languages), "position": position * 10}
                rows.get_or_create(slug=values.pop("slug"), organization=None, defaults=values)
