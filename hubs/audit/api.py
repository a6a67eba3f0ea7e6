"""Who did what: of an organisation, of a hub, of the whole portal."""

from datetime import date

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn
from hubs.api.files import AsAsked
from hubs.api.naming import checked
from hubs.audit.pages.lines import as_csv
from hubs.audit.rules.verbs import AUDITED, GROUPS
from hubs.errors import NotAllowed
from hubs.internals import below
from hubs.models import AuditEvent, Scope, SignIn
from hubs.models.record import AuditEventQuerySet

from .forms import FilterForm, SignInFilterForm


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
    recorded = serializers.BooleanField(help_text="`changes` are cut: all of it is at `{id}/` below this list")
    address = serializers.SerializerMethodField(help_text="Of the client: for staff and the actor; else empty")

    def get_address(self, row: AuditEvent) -> str:
        return row.address_for(self.context["request"].user)

    def get_sentence(self, row: AuditEvent) -> str:
        return row.did


class AuditWhole(AuditShape):
    record = serializers.SerializerMethodField(help_text="All that it is about, by value; null where the line says all")
    cut = serializers.SerializerMethodField(help_text="Even the record was too large to be kept whole")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_record(self, row: AuditEvent) -> dict | None:
        return row.record.data if row.recorded else None

    def get_cut(self, row: AuditEvent) -> bool:
        return row.recorded and row.record.cut


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


CSV = {(200, "text/csv"): OpenApiTypes.STR}
FILTERS = [
    OpenApiParameter("actor", str, description="Exactly this user name"),
    OpenApiParameter("person", str, description="Part of a name or user name"),
    OpenApiParameter("hub", str, description="uid or address of a hub, or part of its title"),
    OpenApiParameter(
        "group", str, many=True, enum=sorted(group.name for group in GROUPS), description="Verbs of these groups"
    ),
    OpenApiParameter("verb", str, enum=sorted(AUDITED)),
    OpenApiParameter("since", date, description="From this day on (UTC)"),
    OpenApiParameter("until", date, description="To this day, itself included (UTC)"),
]


class _Audit(Endpoint):
    scopes = {"GET": Scope.READ}

    def narrowed(self, request: SignedIn, rows: AuditEventQuerySet) -> AuditEventQuerySet:
        """Those that the query asks for. Raises Invalid."""
        asked = request.query_params.copy()
        for name, texts in list(asked.lists()):
            asked.setlist(name, [str(text).replace("\0", "") for text in texts])
        rows = rows.narrowed(**checked(FilterForm(asked)))
        return rows.filter(actor=asked["actor"]) if asked.get("actor") else rows

    def lines(self, request: SignedIn, rows: AuditEventQuerySet) -> Response:
        return self.paginated(self.narrowed(request, rows), AuditShape, "-at", "-pk")

    def whole(self, rows: AuditEventQuerySet, event: int) -> Response:
        row = rows.select_related("record").filter(pk=event).first()
        if row is None:
            raise Http404
        return self.one(row, AuditWhole)


class _Table(_Audit):
    renderer_classes = [JSONRenderer, AsAsked]

    def table(self, request: SignedIn, rows: AuditEventQuerySet, name: str) -> HttpResponseBase:
        return as_csv(below(request), self.narrowed(request, rows), request.user, name)


class AuditOfOrganization(_Audit):
    @extend_schema(responses=AuditShape(many=True), parameters=FILTERS)
    def get(self, request: SignedIn, slug: str) -> Response:
        """Who did what in it, newest first."""
        place = access.organization(request.user, slug, Permission.AUDIT)
        return self.lines(request, AuditEvent.objects.of_organization(place))


class RecordOfOrganization(_Audit):
    @extend_schema(responses=AuditWhole)
    def get(self, request: SignedIn, slug: str, event: int) -> Response:
        """One line, with all that it is about."""
        place = access.organization(request.user, slug, Permission.AUDIT)
        return self.whole(AuditEvent.objects.of_organization(place), event)


class TableOfOrganization(_Table):
    @extend_schema(responses=CSV, parameters=FILTERS)
    def get(self, request: SignedIn, slug: str) -> HttpResponseBase:
        """The same lines as text/csv, at most 100,000."""
        place = access.organization(request.user, slug, Permission.AUDIT)
        return self.table(request, AuditEvent.objects.of_organization(place), f"audit-{place.slug}.csv")


class AuditOfHub(_Audit):
    @extend_schema(responses=AuditShape(many=True), parameters=FILTERS)
    def get(self, request: SignedIn, uid: str) -> Response:
        """Who did what with it, newest first."""
        hub = access.hub(request.user, uid, Permission.AUDIT)
        return self.lines(request, AuditEvent.objects.of_hub(hub))


class RecordOfHub(_Audit):
    @extend_schema(responses=AuditWhole)
    def get(self, request: SignedIn, uid: str, event: int) -> Response:
        """One line, with all that it is about."""
        hub = access.hub(request.user, uid, Permission.AUDIT)
        return self.whole(AuditEvent.objects.of_hub(hub), event)


class TableOfHub(_Table):
    @extend_schema(responses=CSV, parameters=FILTERS)
    def get(self, request: SignedIn, uid: str) -> HttpResponseBase:
        """The same lines as text/csv, at most 100,000."""
        hub = access.hub(request.user, uid, Permission.AUDIT)
        return self.table(request, AuditEvent.objects.of_hub(hub), f"audit-{hub.slug}.csv")


class Audit(_Audit):
    @extend_schema(responses=AuditShape(many=True), parameters=FILTERS)
    def get(self, request: SignedIn) -> Response:
        """Staff: who did what in the whole portal, newest first."""
        access.staff(request.user)
        return self.lines(request, AuditEvent.objects.all())


class Record(_Audit):
    @extend_schema(responses=AuditWhole)
    def get(self, request: SignedIn, event: int) -> Response:
        """Staff: one line, with all that it is about."""
        access.staff(request.user)
        return self.whole(AuditEvent.objects.all(), event)


class Table(_Table):
    @extend_schema(responses=CSV, parameters=FILTERS)
    def get(self, request: SignedIn) -> HttpResponseBase:
        """Staff: the same lines as text/csv, at most 100,000."""
        access.staff(request.user)
        return self.table(request, AuditEvent.objects.all(), "audit.csv")


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
