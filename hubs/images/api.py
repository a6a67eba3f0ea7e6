"""The image catalogue: the portal's rows for staff; for organisations the images they can use, and their own rows."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does, tag_of
from hubs.errors import Invalid
from hubs.language import _
from hubs.models import CatalogueImage, Organization, Scope

from . import rules as catalogue_contents
from . import services
from .rules import Contents

MOST_NAMED = 500  # organisations


class ImageShape(shapes.Shape):
    slug = serializers.SlugField()
    organization = serializers.SlugField(
        source="organization.slug",
        allow_null=True,
        default=None,
        help_text="Organisation that owns the row; null for the portal’s rows",
    )
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    image = serializers.CharField(help_text="Name of the container image, without a tag")
    tag = serializers.CharField(help_text="The version used by new requests")
    digest = serializers.CharField(allow_blank=True, help_text="As reported by the registry; empty if unknown")
    newer = serializers.CharField(allow_blank=True, help_text="A newer tag to update to; empty if there is none")
    languages = serializers.ListField(child=serializers.CharField())
    offered = serializers.BooleanField()
    successor = serializers.SlugField(
        source="successor.slug", allow_null=True, default=None, help_text="Deprecated: use this one instead"
    )
    position = serializers.IntegerField()
    probe = serializers.ChoiceField(
        CatalogueImage.Probe.choices, source="probe_state", allow_blank=True, help_text="Empty if never tested"
    )
    probeTrouble = serializers.CharField(
        source="probe_trouble", allow_blank=True, help_text="Why it does not start, or could not be checked"
    )
    probedAt = serializers.DateTimeField(source="probed_at", allow_null=True)
    facts = serializers.SerializerMethodField(help_text="Contents, in a few words")
    contents = serializers.DictField(
        help_text="What the test found, without the lists of packages; {} before the first test"
    )

    def get_facts(self, row: CatalogueImage) -> list[str]:
        return catalogue_contents.said(Contents.from_json(row.contents)) if row.contents else []


class WholeImageShape(ImageShape):
    """For people who can edit the row."""

    everywhere = serializers.BooleanField(
        help_text="The portal’s rows: for all organisations, otherwise for the listed ones"
    )
    organizations = serializers.SerializerMethodField(help_text="Slugs of the listed organisations")
    packages = serializers.DictField(
        help_text="What the test found: names and versions, by `packages` and `r_packages`"
    )

    def get_organizations(self, row: CatalogueImage) -> list[str]:
        return [place.slug for place in row.organizations.all()]


class ImageCard(serializers.Serializer):
    name = serializers.CharField(max_length=60, help_text="Name that people choose")
    description = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    image = serializers.CharField(max_length=255, help_text="Name of the container image, without a tag")
    tag = serializers.CharField(max_length=128)
    newer = serializers.CharField(max_length=128, required=False, allow_blank=True, default="")
    languages = serializers.ListField(
        child=serializers.CharField(max_length=30), max_length=services.MOST_LANGUAGES, required=False, default=list
    )
    everywhere = serializers.BooleanField(
        required=False,
        help_text="The portal’s rows: for all organisations (the default), otherwise for the listed ones",
    )
    organizations = serializers.ListField(
        child=serializers.SlugField(), max_length=MOST_NAMED, required=False,
        help_text="Slugs of the listed organisations. Ignored for an organisation’s own rows",
    )  # fmt: skip
    successor = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="Slug of the image to use instead"
    )
    position = serializers.IntegerField(
        default=100, min_value=0, max_value=100_000, help_text="Lower numbers come first"
    )


class NewImage(ImageCard):
    slug = serializers.CharField(max_length=40, help_text="Can’t be changed later")


class OfferImage(serializers.Serializer):
    offered = serializers.BooleanField()


def _tag(row: CatalogueImage) -> str:
    return tag_of(row.pk, row.changes)


def _said(said: dict[str, Any], place: Organization | None, row: CatalogueImage | None = None) -> dict[str, Any]:
    """Convert the body for a service. An organisation's own rows list no other organisations. If the body does not say
    who can use `row`, that stays as it is. Raise Invalid."""
    slugs = said.pop("organizations", None)
    card = {"everywhere": row.everywhere if row else True, **said}
    if place:
        return {"card": card, "organizations": []}
    if slugs is None:
        return {"card": card, "organizations": row.organizations.all() if row else []}
    named = list(Organization.objects.filter(slug__in=slugs))
    if strange := sorted(set(slugs) - {one.slug for one in named}):
        raise Invalid.beside("organizations", _("There is no organisation “{slug}”.", slug=strange[0]))
    return {"card": card, "organizations": named}


class Images(Endpoint):
    """Without `slug`, the portal's."""

    @does(
        Scope.READ,
        pages=ImageShape,
        parameters=[OpenApiParameter("all", bool, description="An organisation’s own rows, including withdrawn ones")],
        order=("position", "name", "pk"),
    )
    def get(self, request: SignedIn, slug: str | None = None) -> Any:
        """Staff: the portal's rows. In an organisation: images its requests can use, or with `all` its own rows."""
        rows: QuerySet[CatalogueImage] = CatalogueImage.objects.all()
        if slug is None or request.query_params.get("all") == "true":
            rows = CatalogueImage.objects.all().of(access.image_place(request.user, slug))
        else:
            place = access.organization(request.user, slug, Permission.CONFIGURATION)
            rows = CatalogueImage.objects.all().offered_for(place)
        return rows

    @does(Scope.ADMINISTER, reads=NewImage, makes=WholeImageShape, tag=_tag)
    def post(self, request: SignedIn, slug: str | None = None) -> Any:
        """Add an image. It is offered immediately, and tested."""
        place = access.image_place(request.user, slug)
        said = self.read(NewImage)
        name = said.pop("slug")
        return services.create(by=request.user, slug=name, organization=place, **_said(said, place))


class OneImage(Endpoint):
    @does(Scope.READ, gives=WholeImageShape, tag=_tag)
    def get(self, request: SignedIn, image: str, slug: str | None = None) -> Any:
        """One image, with its test results."""
        return access.catalogue_image(request.user, slug, image)

    @does(Scope.ADMINISTER, reads=ImageCard, gives=WholeImageShape, tag=_tag)
    def put(self, request: SignedIn, image: str, slug: str | None = None) -> Any:
        """Change an image, move it to another tag, or deprecate it with a successor. Requires If-Match."""
        row = access.catalogue_image(request.user, slug, image)
        said = self.read(ImageCard)
        self.check_match(_tag(row))
        return services.change(row=row, by=request.user, seen=row.changes, **_said(said, row.organization, row))


class OfferOneImage(Endpoint):
    @does(Scope.ADMINISTER, reads=OfferImage, gives=WholeImageShape, tag=_tag)
    def put(self, request: SignedIn, image: str, slug: str | None = None) -> Any:
        """Offer an image on request forms, or withdraw it. Hubs that use it are not affected."""
        row = access.catalogue_image(request.user, slug, image)
        return services.set_offered(row=row, by=request.user, offered=self.read(OfferImage)["offered"])


class ProbeImage(Endpoint):
    @does(Scope.ADMINISTER, gives=WholeImageShape, tag=_tag)
    def post(self, request: SignedIn, image: str, slug: str | None = None) -> Any:
        """Test an image: a worker starts it once and records its contents. Get the image later for the result."""
        row = access.catalogue_image(request.user, slug, image)
        return services.ask_probe(row, by=request.user)
