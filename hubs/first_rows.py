"""Rows that every portal begins with. Made after each migration, because Django offers no other moment that a fresh
database, an upgrade and an emptied test database share. What is there is never touched: staff's edits stay."""

from dataclasses import asdict
from typing import Any

from django.apps import apps as current_apps
from django.db import DEFAULT_DB_ALIAS, transaction

from hubs.spec import STARTING_POINTS
from hubs.spec.first_images import FIRST_IMAGES


def starting_points(*, using: str = DEFAULT_DB_ALIAS, apps: Any = current_apps, **_: Any) -> None:
    """The built-in starting points that have no row yet, as the portal's own first versions."""
    try:
        points = apps.get_model("hubs", "StartingPoint").objects.using(using)
        versions = apps.get_model("hubs", "StartingPointVersion").objects.using(using)
    except LookupError:  # somebody migrated to a time before there were any
        return
    known = set(points.values_list("slug", flat=True))
    with transaction.atomic(using=using):
        for position, one in enumerate(STARTING_POINTS.values(), 1):
            if one.name in known:
                continue
            card = {"name": one.title, "description": one.summary, "picture": one.icon, "position": position * 10}
            point, new = points.get_or_create(slug=one.name, defaults=card)
            if new:
                point.version = versions.create(point=point, number=1, draft=one.draft(), message="First version")
                point.save(update_fields=["version"])


def catalogue_images(*, using: str = DEFAULT_DB_ALIAS, apps: Any = current_apps, **_: Any) -> None:
    """The image catalogue's first rows that are not there yet."""
    try:
        rows = apps.get_model("hubs", "CatalogueImage").objects.using(using)
    except LookupError:  # somebody migrated to a time before there were any
        return
    known = set(rows.filter(organization=None).values_list("slug", flat=True))
    with transaction.atomic(using=using):
        for position, one in enumerate(FIRST_IMAGES, 1):
            if one.slug not in known:
                values = {**asdict(one), "languages": list(one.languages), "position": position * 10}
                rows.get_or_create(slug=values.pop("slug"), organization=None, defaults=values)
