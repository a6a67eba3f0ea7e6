from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.language import lazy
from hubs.models.organization import Organization
from hubs.models.sentence_field import SentenceField
from hubs.spec import FIELDS, Draft, HubSpec, reading
from hubs.spec.catalogue import ALWAYS_ASKED, beginning, card_facts


class StartingPointQuerySet(models.QuerySet["StartingPoint"]):
    def offered_in(
        self, organizations: "Iterable[Organization] | models.QuerySet[Organization, Any]"
    ) -> "StartingPointQuerySet":
        """Starting points for at least one of these organisations, in the catalogue's order, each with its newest
        version."""
        named = StartingPoint.organizations.through.objects.filter(organization__in=organizations)
        mine = Q(everywhere=True) | Q(pk__in=named.values("startingpoint"))
        return self.filter(mine, offered=True).order_by("position", "name", "pk").select_related("version")


class StartingPoint(models.Model):
    """A card of the catalogue with which a request for a new hub can start. Staff write it; its newest version counts.
    Withdrawn, never deleted, because hubs refer to it."""

    class Picture(models.TextChoices):
        """Names of the portal's icons."""

        BOOK = "book", lazy("Book")
        FLASK = "flask", lazy("Flask")
        CALENDAR = "calendar", lazy("Calendar")
        GLOBE = "globe", lazy("Globe")
        CHART = "chart", lazy("Chart")
        CODE = "code", lazy("Code")
        MAP = "map", lazy("Map")
        PEOPLE = "people", lazy("People")
        ORGANIZATION = "organization", lazy("Building")
        MEMORY = "memory", lazy("Memory")
        CPU = "cpu", lazy("Processor")
        DISK = "disk", lazy("Disk")

    slug = models.SlugField(max_length=40, unique=True)
    name = SentenceField()  # of a built-in one in the reader's language, until staff edit it
    picture = models.CharField(max_length=20, choices=Picture.choices, default=Picture.BOOK)
    description = SentenceField(blank=True)
    everywhere = models.BooleanField(default=True)  # if False, only for `organizations`, which may be empty
    organizations = models.ManyToManyField(Organization, related_name="starting_points", blank=True)
    offered = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=100)  # in the catalogue, ascending
    version = models.ForeignKey("StartingPointVersion", models.PROTECT, null=True, related_name="+")
    changes = models.PositiveIntegerField(default=0)  # raised by every write of the card, to detect a stale page
    created_at = models.DateTimeField(default=timezone.now)

    objects = StartingPointQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "pk"]

    def __str__(self) -> str:
        return self.name


class StartingPointVersion(models.Model):
    """The content of a starting point: immutable, because hubs refer to the version that they were created from."""

    point = models.ForeignKey(StartingPoint, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    draft = models.JSONField()  # texts by path, as in a form
    shown = models.JSONField(null=True)  # paths that the requester's form shows; None: all, including future ones
    message = SentenceField(blank=True)
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
        """Return the initial form of a request. Fields added after this version have their defaults."""
        return beginning(self.draft)

    @cached_property
    def spec(self) -> HubSpec:
        """The resulting spec, with defaults for what the requester has not answered yet."""
        return reading(self.start())[0]

    @property
    def facts(self) -> list[str]:
        """The lines of its card."""
        return card_facts(self.spec)

    @property
    def hidden(self) -> frozenset[str]:
        """Paths that the requester's form does not show."""
        return frozenset() if self.shown is None else frozenset(FIELDS) - set(self.shown) - ALWAYS_ASKED
