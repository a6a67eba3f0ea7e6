"""Reference data for requests: the schema of a hub, its fields, and institutions for sign-in."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.models import Scope
from hubs.requests.services.institutions import find
from hubs.spec import FIELDS, HubSpec
from hubs.spec.catalogue import beginning
from hubs.spec.fields import Field


class ChoiceShape(shapes.Shape):
    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class FieldShape(shapes.Shape):
    path = serializers.CharField(help_text="Path in the spec, and the key in a draft")
    step = serializers.CharField(source="words.step", help_text="Page of the form")
    label = serializers.CharField(source="words.label")  # type: ignore[assignment]
    help = serializers.CharField(source="words.help", allow_blank=True)
    kind = serializers.CharField()
    unit = serializers.CharField(source="words.unit", allow_blank=True, help_text="Unit of its text in a draft")
    limit = serializers.CharField(
        source="words.limit", allow_blank=True, help_text="Column of the organisation’s limit for it"
    )
    required = serializers.BooleanField()  # type: ignore[assignment]
    begins = serializers.SerializerMethodField(help_text="Its default text in a draft")
    values = serializers.CharField(
        source="values_path", allow_blank=True, help_text="Its path in Zero to JupyterHub’s values.yaml"
    )
    choices = serializers.SerializerMethodField()

    def get_begins(self, field: Field) -> str:
        return BEGINS[field.path]

    def get_choices(self, field: Field) -> list[dict[str, str]]:
        return [{"value": str(value), "label": str(label)} for value, label in field.words.choices]


BEGINS = beginning({})


class InstitutionShape(shapes.Shape):
    id = serializers.CharField(source="entity_id", help_text="SAML entity ID")
    name = serializers.CharField()


class Schema(Endpoint):
    @does(Scope.READ, gives=dict)
    def get(self, request: SignedIn) -> Response:
        """The JSON schema of HubSpec, for editors and validators."""
        return Response(HubSpec.model_json_schema())


class Fields(Endpoint):
    @does(Scope.READ, lists=FieldShape)
    def get(self, request: SignedIn) -> Any:
        """Every field of a hub, as in the form."""
        return FIELDS.values()


class Institutions(Endpoint):
    @does(
        Scope.READ,
        lists=InstitutionShape,
        parameters=[OpenApiParameter("q", str, required=True, description="Beginnings of words in the name")],
    )
    def get(self, request: SignedIn) -> Any:
        """Institutions available for sign-in through CILogon: the first twenty matches."""
        return find(request.query_params.get("q", "")[:200].replace("\0", ""))
