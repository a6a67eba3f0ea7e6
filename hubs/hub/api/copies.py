"""Drafts without a starting point: a copy of a hub, and an imported hub."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does, once
from hubs.errors import Invalid
from hubs.hub.services.copies import begin_copy, next_dates
from hubs.language import _
from hubs.models import ChangeRequest, Scope
from hubs.requests.api.requests import tag
from hubs.requests.api.shapes import RequestWhole
from hubs.requests.services.imports import begin_import
from hubs.spec.imports import FATES, Imported, from_files
from hubs.spec.kept import File
from hubs.spec.yaml_text import YamlError


class NewCopy(serializers.Serializer):
    organization = serializers.CharField(
        required=False, max_length=40, help_text="Slug; default: the hub’s organisation"
    )
    title = serializers.CharField(required=False, max_length=100, help_text="Default: the hub’s title")
    starts = serializers.DateField(required=False, allow_null=True, help_text="Default: one term later")
    ends = serializers.DateField(required=False, allow_null=True)
    people = serializers.BooleanField(default=False, help_text="Copy the hub’s people list")
    admins = serializers.BooleanField(default=False, help_text="Copy the named hub admins")


class Copy(Endpoint):
    @does(Scope.REQUEST, reads=NewCopy, makes=RequestWhole, tag=tag)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Create a draft of a new hub with the configuration of this one, without secrets. Set its slug (PATCH), then
        send it."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        said = self.read(NewCopy)
        place = access.organization(request.user, said.pop("organization", hub.organization.slug), Permission.REQUEST)
        first, last = next_dates(hub.spec)
        wanted = {"title": hub.title, "starts": first, "ends": last} | said
        row = begin_copy(hub=hub, organization=place, by=request.user, **wanted)
        return access.request(request.user, row.uid)


class ValuesFile(serializers.Serializer):
    name = serializers.CharField(max_length=200, help_text="Name of the file in messages")
    text = serializers.CharField(trim_whitespace=False, allow_blank=True, help_text="YAML")


class Bringing(serializers.Serializer):
    organization = serializers.CharField(max_length=40, help_text="Slug")
    title = serializers.CharField(min_length=3, max_length=100, help_text="Name of the new hub")
    values = serializers.CharField(
        trim_whitespace=False, required=False, help_text="A values file of Zero to JupyterHub, as YAML"
    )
    files = ValuesFile(
        many=True,
        required=False,
        allow_empty=False,
        help_text="Instead of `values`: several files, as in `helm -f a -f b`; later files override earlier ones",
    )
    keep = serializers.BooleanField(
        default=True, help_text="false creates no draft and only reports how each value would be imported"
    )


class LeafShape(shapes.Shape):
    path = serializers.CharField(source="name")
    fate = serializers.ChoiceField(
        FATES,
        help_text="Imported into a field; saved unchanged and reviewed by staff; replaced by the portal (“why” says by "
        "what); or saved without effect",
    )
    why = serializers.CharField()
    count = serializers.IntegerField(help_text="How many values")
    field = serializers.CharField(help_text="Label of the field that has the value; empty if none")
    shown = serializers.CharField(help_text="The value as the field shows it; never a secret")


class BroughtShape(shapes.Shape):
    request = RequestWhole(allow_null=True, help_text="The draft; null if `keep` is false")
    values = LeafShape(many=True, source="leaves")
    secrets = serializers.ListField(
        child=serializers.CharField(), help_text="Paths of secrets, which are stored separately"
    )
    problems = serializers.ListField(child=serializers.CharField())
    files = serializers.ListField(child=serializers.CharField(), help_text="In the order in which they were read")
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="Where values were found, what was not imported, what was converted"
    )


class Bring(Endpoint):
    @does(Scope.REQUEST, reads=Bringing, gives={201: BroughtShape, 200: BroughtShape})
    @once
    def post(self, request: SignedIn) -> Response:
        """Create a draft of a new hub from values files; no value is lost. 200 if `keep` is false."""
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
            "files": found.files,
            "notes": found.notes,
        }
        return self.one(told, BroughtShape, status=201 if row else 200, tag=tag(row) if row else "")

    def _found(self, said: dict[str, Any]) -> Imported:
        field = "files" if "files" in said else "values"
        if ("values" in said) == ("files" in said):
            raise Invalid.beside(field, _("Send either “values” or “files”."))
        files = [File(one["name"], one["text"]) for one in said.get("files", ())] or [File("", said.get("values", ""))]
        try:
            return from_files(files, said["title"])
        except YamlError as error:
            raise Invalid(_("The values are not valid."), {field: [str(error)]}) from error
