"""The audit log of an organisation, of a hub, and of the whole portal."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.api.files import AsAsked
from hubs.api.naming import checked
from hubs.audit.pages.lines import as_csv
from hubs.audit.rules.verbs import AUDITED, GROUPS
from hubs.errors import NotAllowed
from hubs.internals import below
from hubs.language import _
from hubs.models import AuditEvent, Scope, SignIn, User
from hubs.models.record import AuditEventQuerySet

from .forms import FilterForm, SignInFilterForm


class AuditShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField()
    verb = serializers.CharField()
    sentence = serializers.CharField(
        source="did", read_only=True, help_text="The verb in words, between person and object"
    )
    actor = serializers.CharField(allow_blank=True, help_text="User name; empty for the portal itself")
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
        source="made_by", allow_blank=True, help_text="User name of the person who created the service account’s token"
    )
    recorded = serializers.BooleanField(help_text="`changes` are shortened: the full record is at `{id}/`")
    address = serializers.SerializerMethodField(help_text="Client address, for staff and the actor; otherwise empty")

    def get_address(self, row: AuditEvent) -> str:
        return row.address_for(self.context["request"].user)


class AuditWhole(AuditShape):
    record = serializers.SerializerMethodField(help_text="The full record; null if the line is complete")
    cut = serializers.SerializerMethodField(help_text="The record was too large to be stored in full")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_record(self, row: AuditEvent) -> dict | None:
        return row.record.data if row.recorded else None

    def get_cut(self, row: AuditEvent) -> bool:
        return row.recorded and row.record.cut


class SignInShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    person = serializers.CharField(source="person.username", default="", help_text="Empty if there is no such account")
    how = serializers.ChoiceField(SignIn.How.choices)
    subject = serializers.CharField(allow_blank=True, help_text="Provider, hub or token")
    worked = serializers.BooleanField()
    address = serializers.CharField(allow_null=True)
    browser = serializers.CharField(allow_blank=True)
    firstAt = serializers.DateTimeField(source="first_at")
    lastAt = serializers.DateTimeField(source="last_at")
    count = serializers.IntegerField(help_text="Identical sign-ins within an hour are counted here")


CSV = {(200, "text/csv"): OpenApiTypes.STR}
FILTERS = [
    OpenApiParameter("actor", str, description="Exactly this user name"),
    OpenApiParameter("person", str, description="Part of a name or user name, or an email address"),
    OpenApiParameter("hub", str, description="uid or address of a hub, or part of its title"),
    OpenApiParameter(
        "group", str, many=True, enum=sorted(group.name for group in GROUPS), description="Verbs of these groups"
    ),
    OpenApiParameter("verb", str, enum=sorted(AUDITED)),
    OpenApiParameter("since", date, description="From this day (UTC)"),
    OpenApiParameter("until", date, description="Up to and including this day (UTC)"),
]


Place = tuple[AuditEventQuerySet, str]  # the lines of one audit log, and the file name of its CSV


def _of_organization(user: User, slug: str) -> Place:
    place = access.organization(user, slug, Permission.AUDIT)
    return AuditEvent.objects.of_organization(place), f"audit-{place.slug}.csv"


def _of_hub(user: User, uid: str) -> Place:
    hub = access.hub(user, uid, Permission.AUDIT)
    return AuditEvent.objects.of_hub(hub), f"audit-{hub.slug}.csv"


def _of_all(user: User) -> Place:
    access.staff(user)
    return AuditEvent.objects.all(), "audit.csv"


def _narrowed(request: SignedIn, rows: AuditEventQuerySet) -> AuditEventQuerySet:
    """Return the rows that match the query parameters. Raise Invalid."""
    asked = request.query_params.copy()
    for name, texts in list(asked.lists()):
        asked.setlist(name, [str(text).replace("\0", "") for text in texts])
    rows = rows.narrowed(**checked(FilterForm(asked)))
    return rows.filter(actor=asked["actor"]) if asked.get("actor") else rows


def _endpoints(door: Callable[..., Place], lines: str, record: str, table: str) -> tuple[type[Endpoint], ...]:
    """Return the three endpoints of one audit log, with their descriptions."""

    class Lines(Endpoint):
        @does(Scope.READ, pages=AuditShape, order=("-at", "-pk"), parameters=FILTERS, description=lines)
        def get(self, request: SignedIn, **place: str) -> AuditEventQuerySet:
            return _narrowed(request, door(request.user, **place)[0])

    class Record(Endpoint):
        @does(Scope.READ, gives=AuditWhole, description=record)
        def get(self, request: SignedIn, event: int, **place: str) -> AuditEvent:
            return get_object_or_404(door(request.user, **place)[0].select_related("record"), pk=event)

    class Table(Endpoint):
        renderer_classes = [JSONRenderer, AsAsked]

        @does(Scope.READ, gives=CSV, parameters=FILTERS, description=table)
        def get(self, request: SignedIn, **place: str) -> HttpResponseBase:
            rows, name = door(request.user, **place)
            return as_csv(below(request), _narrowed(request, rows), request.user, name)

    return Lines, Record, Table


AuditOfOrganization, RecordOfOrganization, TableOfOrganization = _endpoints(
    _of_organization, "The audit log of an organisation, newest first.", "One line with its full record.",
    "The same lines as text/csv, at most 100,000.",
)  # fmt: skip
AuditOfHub, RecordOfHub, TableOfHub = _endpoints(
    _of_hub, "The audit log of a hub, newest first.", "One line with its full record.",
    "The same lines as text/csv, at most 100,000.",
)  # fmt: skip
Audit, Record, Table = _endpoints(
    _of_all, "Staff: the audit log of the whole portal, newest first.", "Staff: one line with its full record.",
    "Staff: the same lines as text/csv, at most 100,000.",
)  # fmt: skip


class SignIns(Endpoint):
    @does(
        Scope.READ,
        pages=SignInShape,
        parameters=[OpenApiParameter("failed", bool), FILTERS[1]],
        order=("-last_at", "-pk"),
    )
    def get(self, request: SignedIn) -> Any:
        """Staff: sign-ins to the portal, and failed attempts, newest first."""
        access.staff(request.user)
        asked = checked(SignInFilterForm(request.query_params))
        return SignIn.objects.select_related("person").narrowed(**asked)


class MySignIns(Endpoint):
    @does(Scope.READ, pages=SignInShape, order=("-last_at", "-pk"))
    def get(self, request: SignedIn) -> Any:
        """The caller's own sign-ins and failed attempts, newest first. Not with a token bound to one hub or
        organisation."""
        if request.user.token and request.user.token.bound:
            raise NotAllowed(_("A token for one hub or organisation can’t read the sign-ins of its owner."))
        return SignIn.objects.select_related("person").of_person(request.user)
