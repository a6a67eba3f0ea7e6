"""The catalogue: starting points for everyone, and for staff their cards and versions."""

from contextlib import AbstractContextManager
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from hubs import access
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does, tag_of
from hubs.api.naming import each
from hubs.language import lazy
from hubs.models import Hub, Organization, Scope, StartingPoint, StartingPointVersion
from hubs.spec import Draft
from hubs.spec.catalogue import of_hub
from hubs.spec.diff import difference

from . import services

DRAFT = "Answers that a request starts with: field path to text. For paths see /api/v1/schema/fields/"
ASKED = "Paths of the fields shown to the requester; null for all"


class PointShape(shapes.Shape):
    slug = serializers.SlugField()
    self = shapes.Link("api-starting-point", "slug")
    name = serializers.CharField()
    picture = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    offered = serializers.BooleanField(
        help_text="Whether it is in the catalogue; withdrawn ones are visible to staff only"
    )
    version = serializers.IntegerField(source="version.number")
    facts = serializers.ListField(child=serializers.CharField(), source="version.facts", help_text="Lines on its card")
    draft = serializers.DictField(
        child=serializers.CharField(allow_blank=True), source="version.draft", help_text=DRAFT
    )
    asked = serializers.ListField(
        child=serializers.CharField(), source="version.shown", allow_null=True, help_text=ASKED
    )


class VersionShape(shapes.Shape):
    number = serializers.IntegerField()
    message = serializers.CharField(help_text="What is new")
    author = serializers.CharField(source="author.username", allow_null=True, default=None)
    createdAt = serializers.DateTimeField(source="created_at")
    hubs = serializers.IntegerField(source="living", help_text="Active hubs created from it")
    draft = serializers.DictField(child=serializers.CharField(allow_blank=True), help_text=DRAFT)
    asked = serializers.ListField(child=serializers.CharField(), source="shown", allow_null=True, help_text=ASKED)


class Card(serializers.Serializer):
    """The card in the catalogue. It has no versions, because it does not affect hubs."""

    name = serializers.CharField(max_length=60)
    picture = serializers.ChoiceField(StartingPoint.Picture.choices, default=StartingPoint.Picture.BOOK)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    everywhere = serializers.BooleanField(
        default=True, help_text="For all organisations, otherwise for the listed ones"
    )
    organizations = serializers.SlugRelatedField(
        slug_field="slug",
        queryset=Organization.objects.all(),
        many=True,
        required=False,
        default=list,  # type: ignore[arg-type]
        error_messages={"does_not_exist": lazy("There is no organisation “{value}”.")},
    )
    position = serializers.IntegerField(
        default=100, min_value=0, max_value=100_000, help_text="Lower numbers come first"
    )


class Content(serializers.Serializer):
    draft = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), required=False, default=dict,
        help_text=f"{DRAFT}. Fields that are not listed have their defaults",
    )  # fmt: skip
    asked = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, allow_null=True, default=None, help_text=ASKED
    )


class NewPoint(Card, Content):
    slug = serializers.CharField(max_length=40, help_text="Can’t be changed later")
    hub = serializers.CharField(
        required=False,
        max_length=20,
        help_text="uid of a hub: start from its current configuration, overridden by draft",
    )


class NewVersion(Content):
    base = serializers.IntegerField(
        min_value=1, help_text="Number of the version that this is based on: 409 if it is not the latest"
    )
    message = serializers.CharField(max_length=4000, help_text="What is new, for people who run a hub created from it")


class Offer(serializers.Serializer):
    offered = serializers.BooleanField()


def _versions(point: StartingPoint) -> QuerySet[StartingPointVersion]:
    living = Count("hubs", filter=~Q(hubs__desired_state=Hub.Desired.RETIRED))
    return point.versions.select_related("author", "point").annotate(living=living)


def _version(point: StartingPoint, number: int) -> StartingPointVersion:
    return get_object_or_404(_versions(point), number=number)


def _below_draft() -> AbstractContextManager[None]:
    """Map errors to keys of the body: field paths are below `draft`."""
    own = {*NewPoint().fields, *NewVersion().fields, ""}
    return each(lambda path: path if path in own else f"draft.{path}")


class StartingPoints(Endpoint):
    @does(
        Scope.READ,
        pages=PointShape,
        parameters=[
            OpenApiParameter("all", bool, description="Staff: include withdrawn ones, and those of other organisations")
        ],
        order=("position", "name", "pk"),
    )
    def get(self, request: SignedIn) -> Any:
        """Starting points that you can start a request with."""
        if request.query_params.get("all") == "true":
            access.staff(request.user)
            rows = StartingPoint.objects.select_related("version").exclude(version=None)
        else:
            rows = StartingPoint.objects.offered_in(access.may_request_in(request.user))
        return rows

    @does(Scope.ADMINISTER, reads=NewPoint, makes=PointShape)
    def post(self, request: SignedIn) -> Any:
        """Staff: create a card with its first version. It is offered immediately."""
        access.staff(request.user)
        said = self.read(NewPoint)
        uid = said.pop("hub", "")
        draft: Draft = {**(of_hub(access.hub(request.user, uid).spec) if uid else {}), **said.pop("draft")}
        card = {name: said[name] for name in services.CARD}
        with _below_draft():
            row = services.create(
                by=request.user, slug=said["slug"], card=card, organizations=said["organizations"], draft=draft,
                shown=said["asked"],
            )  # fmt: skip
        return row


class OnePoint(Endpoint):
    @does(Scope.READ, gives=PointShape)
    def get(self, request: SignedIn, point: str) -> Any:
        """One starting point, in its current version."""
        return access.card(request.user, point)


def _card_tag(row: StartingPoint) -> str:
    return tag_of(row.pk, row.changes)


class CardOfPoint(Endpoint):
    @does(Scope.READ, gives=Card, tag=_card_tag)
    def get(self, request: SignedIn, point: str) -> Any:
        """Staff: its card, and which organisations it is for."""
        return access.starting_point(request.user, point)

    @does(Scope.ADMINISTER, reads=Card, gives=Card, tag=_card_tag)
    def put(self, request: SignedIn, point: str) -> Any:
        """Staff: change the card. Requires If-Match."""
        row = access.starting_point(request.user, point)
        said = self.read(Card)
        self.check_match(_card_tag(row))
        places = said.pop("organizations")
        return services.describe(point=row, by=request.user, seen=row.changes, card=said, organizations=places)


class Versions(Endpoint):
    @does(Scope.READ, pages=VersionShape, order=("-number",))
    def get(self, request: SignedIn, point: str) -> Any:
        """Staff: its versions, newest first, and how many hubs were created from each."""
        return _versions(access.starting_point(request.user, point))

    @does(Scope.ADMINISTER, reads=NewVersion, makes=VersionShape)
    def post(self, request: SignedIn, point: str) -> Any:
        """Staff: publish a version. New requests start with it; hubs are notified, and can apply it."""
        row = access.starting_point(request.user, point)
        said = self.read(NewVersion)
        with _below_draft():
            version = services.publish(
                point=row, by=request.user, seen=said["base"], draft=said["draft"], shown=said["asked"],
                message=said["message"],
            )  # fmt: skip
        return _version(row, version.number)


class OneVersion(Endpoint):
    @does(Scope.READ, gives=VersionShape)
    def get(self, request: SignedIn, point: str, number: int) -> Any:
        """Staff: one version."""
        return _version(access.starting_point(request.user, point), number)


class VersionDifferences(Endpoint):
    @does(Scope.READ, lists=shapes.DifferenceShape)
    def get(self, request: SignedIn, point: str, number: int, other: int) -> Any:
        """Staff: the differences between two versions, field by field, in words."""
        row = access.starting_point(request.user, point)
        before = _version(row, number)
        after = before if other == number else _version(row, other)
        return difference(before.spec, after.spec)


class OfferPoint(Endpoint):
    @does(Scope.ADMINISTER, reads=Offer, gives=PointShape)
    def put(self, request: SignedIn, point: str) -> Any:
        """Staff: offer it in the catalogue, or withdraw it. Hubs and drafts created from it are not affected."""
        row = access.starting_point(request.user, point)
        return services.set_offered(point=row, by=request.user, offered=self.read(Offer)["offered"])
