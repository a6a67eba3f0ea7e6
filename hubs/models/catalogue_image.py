from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.language import lazy
from hubs.models.organization import Organization
from hubs.models.sentence_field import SentenceField


class CatalogueImageQuerySet(models.QuerySet["CatalogueImage"]):
    def allowed_in(self, organization: Organization) -> "CatalogueImageQuerySet":
        """The organisation's own rows and the portal's rows for it, including withdrawn ones. One query."""
        named = CatalogueImage.organizations.through.objects.filter(organization=organization)
        portals = Q(organization=None) & (Q(everywhere=True) | Q(pk__in=named.values("catalogueimage")))
        return self.filter(portals | Q(organization=organization)).brief()

    def offered_for(self, organization: Organization) -> "CatalogueImageQuerySet":
        """Images that a request of this organisation can choose, in the catalogue's order, without deprecated ones."""
        return self.allowed_in(organization).filter(offered=True, successor=None)

    def of(self, organization: Organization | None) -> "CatalogueImageQuerySet":
        """The rows that belong to this organisation; None for the portal's."""
        return self.filter(organization=organization).brief()

    def brief(self) -> "CatalogueImageQuerySet":
        """With the related rows that pages show, without the long lists of packages."""
        return self.select_related("successor", "organization").defer("packages", "successor__packages")


class CatalogueImage(models.Model):
    """An image that people can choose by its name. Staff edit the portal's rows, an organisation's admins its own.
    Rows are withdrawn, never deleted, because hubs use them."""

    class Probe(models.TextChoices):
        """The result of testing whether a server starts from the image."""

        NEVER = "", lazy("Not tested")
        ASKED = "asked", lazy("Test requested")
        RUNNING = "running", lazy("Testing")
        STARTS = "starts", lazy("Starts")
        FAILS = "fails", lazy("Doesn’t start")

    slug = models.SlugField(max_length=40)
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="catalogue_images")
    name = SentenceField()  # of a built-in one in the reader's language, until staff edit it
    description = SentenceField(blank=True)
    image = models.CharField(max_length=255)  # without a tag, such as quay.io/jupyter/scipy-notebook
    tag = models.CharField(max_length=128)
    digest = models.CharField(max_length=80, blank=True)  # from the registry; "" if unknown
    newer = models.CharField(max_length=128, blank=True)  # a newer tag
    languages = models.JSONField(default=list)
    everywhere = models.BooleanField(default=True)  # of the portal's rows; if False, only for `organizations`
    organizations = models.ManyToManyField(Organization, related_name="images_for_it", blank=True)
    offered = models.BooleanField(default=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")  # set if deprecated
    position = models.PositiveIntegerField(default=100)  # in the catalogue, ascending
    changes = models.PositiveIntegerField(default=0)  # raised by every edit, to detect a stale page
    contents = models.JSONField(default=dict)  # hubs.images.rules.Contents.columns; {} before the first test
    packages = models.JSONField(default=dict)  # lists of packages: long, so most queries defer them
    probed_at = models.DateTimeField(null=True)
    probe_state = models.CharField(max_length=10, choices=Probe.choices, blank=True, default=Probe.NEVER)
    probe_trouble = SentenceField(blank=True)  # why it does not start or could not be tested, in words
    probe_before = models.CharField(max_length=10, blank=True)  # the result before the current test
    created_at = models.DateTimeField(default=timezone.now)

    objects = CatalogueImageQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "slug"], name="one_image_a_slug"),
            models.UniqueConstraint(fields=["slug"], condition=Q(organization=None), name="one_portal_image_a_slug"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def does_not_start(self) -> bool:
        """Whether the last test found that it does not start."""
        return self.probe_state == self.Probe.FAILS

    @property
    def is_being_tested(self) -> bool:
        return self.probe_state in (self.Probe.ASKED, self.Probe.RUNNING)

    @property
    def full_name(self) -> str:
        """Name and tag, as in Docker."""
        return f"{self.image}:{self.tag}"
