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
from hubs.errors import NotAllowed
from hubs.forms.audit import FilterForm, SignInFilterForm
from hubs.models import AuditEvent, Scope, SignIn
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
    via = serializers.CharField(allow_blank=True, help_text="`session`, or the token’s prefix and name")
    tokenMadeBy = serializers.CharField(
        source="made_by", allow_blank=True, help_text="User name of who made the token of a service account"
    )
    address = serializers.SerializerMethodField(help_text="Of the client: for staff and the actor; else empty")

    def get_address(self, row: AuditEvent) -> str:
        return row.address_for(self.context["request"].user)

    def get_sentence(self, row: AuditEvent) -> str:
        return SENTENCES.get(row.verb, row.verb)


class SignInShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    person = serializers.CharField(source="person.username", default="", help_text="Empty: no known account")
    how = serializers.ChoiceField(SignIn.How.choices)
    subject = serializers.CharField(allow_blank=True, help_text="Provider, hub or token")
    worked = serializers.BooleanField()
    address = serializers.CharField(allow_null=True)
    browser = serializers.CharField(allow_blank=True)
    firstAt = serializers.DateTimeField(source="first_at")
    lastAt = serializers.DateTimeField(source="last_at")
    count = serializers.IntegerField(help_text="The same again within an hour is counted here")


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


class SignIns(Endpoint):
    scopes = {"GET": Scope.READ}

    @extend_schema(responses=SignInShape(many=True), parameters=[OpenApiParameter("failed", bool), FILTERS[1]])
    def get(self, request: SignedIn) -> Response:
        """Staff: who signed in to the portal, and who failed to, newest first."""
        access.staff(request.user)
        asked = checked(SignInFilterForm(request.query_params))
        return self.paginated(SignIn.objects.select_related("person").narrowed(**asked), SignInShape, "-last_at", "-pk")


class MySignIns(Endpoint):
    scopes = {"GET": Scope.READ}

    @extend_schema(responses=SignInShape(many=True))
    def get(self, request: SignedIn) -> Response:
        """The caller's own sign-ins, and failed ones, newest first. Not by a token that is for one place."""
        if request.user.token and request.user.token.bound:
            raise NotAllowed("A token for one place does not read its person's sign-ins.")
        rows = SignIn.objects.select_related("person").of_person(request.user)
        return self.paginated(rows, SignInShape, "-last_at", "-pk")
