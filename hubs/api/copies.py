"""Drafts that do not begin with a starting point: a copy of a hub, and a hub from elsewhere."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, once
from hubs.api.requests import tag
from hubs.errors import Invalid
from hubs.models import ChangeRequest, Scope
from hubs.services.copies import begin_copy, next_dates
from hubs.services.imports import begin_import
from hubs.spec.imports import Imported, from_values
from hubs.spec.yaml_text import YamlError, load_map


class NewCopy(serializers.Serializer):
    organization = serializers.CharField(required=False, max_length=40, help_text="Slug; without it the hub’s own")
    title = serializers.CharField(required=False, max_length=100, help_text="Without it the hub’s own")
    starts = serializers.DateField(required=False, allow_null=True, help_text="Without it the next time: a term later")
    ends = serializers.DateField(required=False, allow_null=True)
    people = serializers.BooleanField(default=False, help_text="Everybody on its list comes along")
    admins = serializers.BooleanField(default=False, help_text="So do the hub admins that are named")


class Copy(Endpoint):
    scopes = {"POST": Scope.REQUEST}

    @extend_schema(request=NewCopy, responses={201: shapes.RequestWhole})
    @once
    def post(self, request: SignedIn, uid: str) -> Response:
        """A draft of a new hub with everything that this one is configured to be, but its secrets. Give it a slug
        (PATCH), then submit it."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        said = self.read(NewCopy)
        place = access.organization(request.user, said.pop("organization", hub.organization.slug), Permission.REQUEST)
        first, last = next_dates(hub.spec)
        wanted = {"title": hub.title, "starts": first, "ends": last} | said
        row = begin_copy(hub=hub, organization=place, by=request.user, **wanted)
        row = access.request(request.user, row.uid)
        return self.one(row, shapes.RequestWhole, status=201, tag=tag(row))


class Bringing(serializers.Serializer):
    organization = serializers.CharField(max_length=40, help_text="Slug")
    title = serializers.CharField(min_length=3, max_length=100, help_text="What people will call it")
    values = serializers.CharField(trim_whitespace=False, help_text="A values file of Zero to JupyterHub, as YAML")
    keep = serializers.BooleanField(default=True, help_text="false only tells what would become of each value")


class LeafShape(shapes.Shape):
    path = serializers.CharField(source="name")
    fate = serializers.ChoiceField(
        ["typed", "more", "ignored"], help_text="A field has it, kept as it is, or kept without effect"
    )
    why = serializers.CharField()
    count = serializers.IntegerField(help_text="How many values")


class BroughtShape(shapes.Shape):
    request = shapes.RequestWhole(allow_null=True, help_text="The draft; null when it was not to be kept")
    values = LeafShape(many=True, source="leaves")
    secrets = serializers.ListField(child=serializers.CharField(), help_text="Paths of secrets, which are kept apart")
    problems = serializers.ListField(child=serializers.CharField())


class Bring(Endpoint):
    scopes = {"POST": Scope.REQUEST}

    @extend_schema(request=Bringing, responses={201: BroughtShape, 200: BroughtShape})
    @once
    def post(self, request: SignedIn) -> Response:
        """A draft of a new hub from a values file; nothing that it says is lost. 200 when `keep` is false."""
        said = self.read(Bringing)
        place = access.organization(request.user, said["organization"], Permission.REQUEST)
        found = self._found(said)
        row: ChangeRequest | None = None
        if said["keep"]:
            row = begin_import(organization=place, by=request.user, found=found)
            row = access.request(request.user, row.uid)
        told: dict[str, Any] = {
            "request": row,
            "leaves": found.leaves,
            "secrets": sorted(".".join(path) for path in found.secrets),
            "problems": found.problems,
        }
        return self.one(told, BroughtShape, status=201 if row else 200, tag=tag(row) if row else "")

    def _found(self, said: dict[str, Any]) -> Imported:
        try:
            return from_values(load_map(said["values"]), said["title"])
        except YamlError as error:
            raise Invalid("The values need another look.", {"values": [str(error)]}) from error
