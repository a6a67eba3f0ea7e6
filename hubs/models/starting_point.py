from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.models.organization import Organization
from hubs.spec import FIELDS, Draft, HubSpec, reading
from hubs.spec.catalogue import ALWAYS_ASKED, beginning, card_facts


class StartingPointQuerySet(models.QuerySet["StartingPoint"]):
    def offered_in(
        self, organizations: "Iterable[Organization] | models.QuerySet[Organization, Any]"
    ) -> "StartingPointQuerySet":
        """Those that at least one of these organisations may begin with, in the catalogue's order, each with its
        newest version."""
        named = StartingPoint.organizations.through.objects.filter(organization__in=organizations)
        mine = Q(everywhere=True) | Q(pk__in=named.values("startingpoint"))
        return self.filter(mine, offered=True).order_by("position", "name", "pk").select_related("version")


class StartingPoint(models.Model):
    """A card of the catalogue: what a request for a new hub can begin with. Staff write it; its newest version counts.
    Never deleted, because hubs came from it: withdrawn."""

    class Picture(models.TextChoices):
        """Names of our own icons."""

        BOOK = "book", "Book"
        FLASK = "flask", "Flask"
        CALENDAR = "calendar", "Calendar"
        GLOBE = "globe", "Globe"
        CHART = "chart", "Chart"
        CODE = "code", "Code"
        MAP = "map", "Map"
        PEOPLE = "people", "People"
        ORGANIZATION = "organization", "Building"
        MEMORY = "memory", "Memory"
        CPU = "cpu", "Processor"
        DISK = "disk", "Disk"

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    picture = models.CharField(max_length=20, choices=Picture.choices, default=Picture.BOOK)
    description = models.CharField(max_length=300, blank=True)
    everywhere = models.BooleanField(default=True)  # else for `organizations` alone: an empty list is for nobody
    organizations = models.ManyToManyField(Organization, related_name="starting_points", blank=True)
    offered = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=100)  # in the catalogue, small ones first
    version = models.ForeignKey("StartingPointVersion", models.PROTECT, null=True, related_name="+")
    changes = models.PositiveIntegerField(default=0)  # raised by every write of the card; tells a stale page
    created_at = models.DateTimeField(default=timezone.now)

    objects = StartingPointQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "pk"]

    def __str__(self) -> str:
        return self.name


class StartingPointVersion(models.Model):
    """What a request begins with: immutable, because hubs remember which one they came from."""

    point = models.ForeignKey(StartingPoint, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    draft = models.JSONField()  # texts by path, as a form shows them
    shown = models.JSONField(null=True)  # paths that the requester is asked; None: all, and those that are yet to come
    message = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # None: the portal
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["point", "number"], name="one_version_a_number")]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.point} version {self.number}"

    def start(self) -> Draft:
        """The form as a request begins it. Fields that are younger than this version have their defaults."""
        return beginning(self.draft)

    @cached_property
    def spec(self) -> HubSpec:
        """What it comes to, with defaults for what the requester has yet to answer."""
        return reading(self.start())[0]

    @property
    def facts(self) -> list[str]:
        """The lines of its card."""
        return card_facts(self.spec)

    @property
    def hidden(self) -> frozenset[str]:
        """Paths that the requester is not asked."""
        return frozenset() if self.shown is None else frozenset(FIELDS) - set(self.shown) - ALWAYS_ASKED
