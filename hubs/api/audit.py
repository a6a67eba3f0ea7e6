"""Who did what: of an organisation, of a hub, of the whole portal."""

from datetime import date

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn
from hubs.api.naming import checked
from hubs.audit import SENTENCES
from hubs.forms.audit import FilterForm
from hubs.models import AuditEvent, Scope
from hubs.models.record import AuditEventQuerySet


class AuditShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField()
    verb = serializers.CharField()
    sentence = serializers.SerializerMethodField(help_text="The verb in words, between who and what")
    actor = serializers.CharField(allow_blank=True, help_text="User name; empty is the portal itself")
    actorName = serializers.CharField(source="actor_name", allow_blank=True)
    subject = serializers.CharField()
    organization = serializers.CharField(allow_blank=True)
    hub = serializers.CharField(allow_blank=True)
    request = serializers.CharField(allow_blank=True)
    changes = serializers.JSONField(help_text="Field: [before, after]")
    note = serializers.CharField(allow_blank=True)
    requestId = serializers.CharField(source="request_id", allow_blank=True)

    def get_sentence(self, row: AuditEvent) -> str:
        return SENTENCES.get(row.verb, row.verb)


FILTERS = [
    OpenApiParameter("actor", str, description="Exactly this user name"),
    OpenApiParameter("person", str, description="Part of a name or user name"),
    OpenApiParameter("verb", str, enum=sorted(SENTENCES)),
    OpenApiParameter("since", date, description="From this day on (UTC)"),
    OpenApiParameter("until", date, description="To this day, itself included (UTC)"),
]


class _Audit(Endpoint):
    scopes = {"GET": Scope.READ}

    def lines(self, request: SignedIn, rows: AuditEventQuerySet) -> Response:
        asked = {name: str(text).replace("\0", "") for name, text in request.query_params.items()}
        rows = rows.narrowed(**checked(FilterForm(asked)))
        if actor := asked.get("actor"):
            rows = rows.filter(actor=actor)
        return self.paginated(rows, AuditShape, "-at", "-pk")


class AuditOfOrganization(_Audit):
    @extend_schema(responses=AuditShape(many=True), parameters=FILTERS)
    def get(self, request: SignedIn, slug: str) -> Response:
        """Who did what in it, newest first."""
        place = access.organization(request.user, slug, Permission.AUDIT)
        return self.lines(request, AuditEvent.objects.of_organization(place))


class AuditOfHub(_Audit):
    @extend_schema(responses=AuditShape(many=True), parameters=FILTERS)
    def get(self, request: SignedIn, uid: str) -> Response:
        """Who did what with it, newest first."""
        hub = access.hub(request.user, uid, Permission.AUDIT)
        return self.lines(request, AuditEvent.objects.of_hub(hub))


class Audit(_Audit):
    @extend_schema(responses=AuditShape(many=True), parameters=FILTERS)
    def get(self, request: SignedIn) -> Response:
        """Staff: who did what in the whole portal, newest first."""
        access.staff(request.user)
        return self.lines(request, AuditEvent.objects.all())
