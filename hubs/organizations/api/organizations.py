"""Organisations: their limits and use, the cluster of their hubs, and when these end."""

from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does, tag_of
from hubs.api.naming import checked, named_as
from hubs.calendar.forms.calendar import WindowForm
from hubs.calendar.queries import feed as calendars
from hubs.days import queries as dates
from hubs.limits.queries import limits
from hubs.limits.queries.policy_preview import LAST, Differing, preview
from hubs.lists.of_people import OrganizationFilters
from hubs.models import Hub, Membership, Organization, Role, Scope, User
from hubs.organizations import services
from hubs.organizations.forms.organizations import ClusterForm, NewOrganizationForm


class OrganizationShape(shapes.Shape):
    slug = serializers.SlugField()
    self = shapes.Link("api-organization", "slug")
    name = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
    cluster = serializers.SlugField(source="cluster.slug", help_text="Cluster in which its new hubs are created")
    role = serializers.ChoiceField(
        Role.choices, source="own_role", allow_null=True, help_text="The caller’s role in it"
    )
    timeZone = serializers.CharField(source="zone", help_text="Time zone in which the days of its hubs begin and end")
    createdAt = serializers.DateTimeField(source="created_at")


def _range(column: str) -> dict[str, Any]:
    first, last = services.RANGES[column]
    whole = float(first).is_integer()
    return {"source": column, "min_value": int(first) if whole else first, "max_value": int(last)}


class LimitsShape(shapes.Shape):
    """Limits that staff set. Sizes are in MiB, CPU in cores."""

    hubs = serializers.IntegerField(min_value=0, max_value=int(services.RANGES["hubs"][1]))
    usersPerHub = serializers.IntegerField(**_range("users_per_hub"))
    memoryPerUserMib = serializers.IntegerField(**_range("memory_per_user_mib"))
    cpuPerUser = serializers.FloatField(**_range("cpu_per_user"))
    storagePerUserMib = serializers.IntegerField(**_range("storage_per_user_mib"))
    totalMemoryMib = serializers.IntegerField(**_range("total_memory_mib"))
    autoApprove = serializers.BooleanField(
        source="auto_approve", help_text="Requests within the limits are approved automatically"
    )
    allowTemporaryUsers = serializers.BooleanField(source="allow_temporary_users")


class MeterShape(shapes.Shape):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    used = serializers.IntegerField(
        help_text="Committed to its hubs today, as if everyone used them; includes user limits"
    )
    running = serializers.IntegerField(help_text="Running now, as far as hubs could be reached")
    peak = serializers.IntegerField(allow_null=True, help_text="The highest commitment on a later day, if it is more")
    peakOn = serializers.DateField(source="peak_day", allow_null=True, help_text="The first such day")
    limit = serializers.IntegerField(help_text="The organisation’s limit")


class NewOrganization(serializers.Serializer):
    slug = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=100)
    cluster = serializers.CharField(max_length=40)
    owner = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=254,
        help_text="Its first owner: a user name, or an email address, which is invited if nobody has it",
    )


class PlaceShape(serializers.Serializer):
    cluster = serializers.CharField(max_length=40, help_text="Slug of the cluster")


class DifferingShape(shapes.Shape):
    request = serializers.UUIDField(source="request.uid")
    title = serializers.CharField(source="request.title")
    aloneNow = serializers.BooleanField(source="alone_now", help_text="Approved automatically with the current limits")
    aloneThen = serializers.SerializerMethodField(help_text="Approved automatically with the limits that were sent")
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="Why the request needs review, where it does"
    )

    def get_aloneThen(self, row: Differing) -> bool:
        return not row.alone_now


class PreviewShape(shapes.Shape):
    lookedAt = serializers.IntegerField(
        source="looked_at", help_text=f"Number of requests checked: the last {LAST} at most"
    )
    now = serializers.IntegerField(help_text="Approved automatically with the current limits")
    then = serializers.IntegerField(help_text="Approved automatically with the limits that were sent")
    differing = DifferingShape(many=True)


class DaysShape(shapes.Shape):
    hub = serializers.CharField(source="uid")
    self = shapes.Link("api-hub", help_text="Address of this hub in the API")
    title = serializers.CharField()
    startsOn = serializers.DateField(source="starts_on", allow_null=True)
    endsOn = serializers.DateField(source="ends_on", allow_null=True)
    endedAt = serializers.DateTimeField(
        source="ended_at", allow_null=True, help_text="When it was suspended after its last day"
    )
    retiresOn = serializers.SerializerMethodField(
        help_text="Retired automatically on this day unless it is extended before"
    )

    def get_retiresOn(self, hub: Hub) -> date | None:
        return dates.retires_on(hub)


def _with_role(rows: QuerySet[Organization], user: User) -> QuerySet[Organization]:
    own = Membership.objects.filter(user=user, organization=OuterRef("pk")).values("role")
    return rows.select_related("cluster").annotate(own_role=Subquery(own))


class Organizations(Endpoint):
    @does(
        Scope.READ,
        pages=OrganizationShape,
        parameters=[OpenApiParameter("q", str, description="Part of the name")],
        order=("name", "pk"),
    )
    def get(self, request: SignedIn) -> Any:
        """The caller's organisations; all of them for staff."""
        rows = OrganizationFilters(request.query_params).narrow(Organization.objects.visible_to(request.user))
        return _with_role(rows, request.user)

    @does(Scope.ADMINISTER, reads=NewOrganization, makes=OrganizationShape)
    def post(self, request: SignedIn) -> Any:
        """Create an organisation. Staff only."""
        access.staff(request.user)
        typed = checked(NewOrganizationForm(self.read(NewOrganization)))
        row = services.create(by=request.user, **typed)
        return _shown(row, request.user)


def _shown(row: Organization, user: User) -> Organization:
    return _with_role(Organization.objects.filter(pk=row.pk), user).get()


class OneOrganization(Endpoint):
    @does(Scope.READ, gives=OrganizationShape)
    def get(self, request: SignedIn, slug: str) -> Any:
        """One organisation."""
        return _shown(access.organization(request.user, slug), request.user)


class Place(Endpoint):
    @does(Scope.ADMINISTER, reads=PlaceShape, gives=OrganizationShape)
    def put(self, request: SignedIn, slug: str) -> Any:
        """Change the cluster in which its new hubs are created. Existing hubs are not moved. Staff only."""
        row = access.organization(request.user, slug, Permission.AGREE)
        typed = checked(ClusterForm(row, self.read(PlaceShape)))
        row = services.change_cluster(organization=row, by=request.user, cluster=typed["cluster"])
        return _shown(row, request.user)


def _limits_tag(row: Organization) -> str:
    return tag_of(*(getattr(row, name) for name in services.LIMITS))


class Limits(Endpoint):
    @does(Scope.READ, gives=LimitsShape, tag=_limits_tag)
    def get(self, request: SignedIn, slug: str) -> Any:
        """Its limits, and what is approved automatically."""
        return access.organization(request.user, slug, Permission.CONFIGURATION)

    @does(Scope.ADMINISTER, reads=LimitsShape, gives=LimitsShape, tag=_limits_tag)
    def put(self, request: SignedIn, slug: str) -> Any:
        """Change its limits. Existing hubs are not changed. Needs If-Match. Staff only."""
        row = access.organization(request.user, slug, Permission.AGREE)
        values = self.read(LimitsShape)
        self.check_match(_limits_tag(row))
        with named_as(LimitsShape):
            row = services.change_limits(organization=row, by=request.user, values=values)
        return row


class PreviewLimits(Endpoint):
    @does(Scope.READ, reads=LimitsShape, gives=PreviewShape)
    def post(self, request: SignedIn, slug: str) -> Any:
        """Which of its last requests would have had a different result with these limits. Saves nothing. Staff only."""
        row = access.organization(request.user, slug, Permission.AGREE)
        return preview(row, self.read(LimitsShape))


class UsageView(Endpoint):
    @does(Scope.READ, lists=MeterShape)
    def get(self, request: SignedIn, slug: str) -> Any:
        """How much of its shared limits its hubs use."""
        row = access.organization(request.user, slug, Permission.CONFIGURATION)
        return limits.meters(None, row)


class Calendar(Endpoint):
    @does(
        Scope.READ,
        pages=DaysShape,
        parameters=[
            OpenApiParameter("from", date, description="Hubs that have not ended before this day"),
            OpenApiParameter("to", date, description="Hubs that have begun by this day"),
        ],
        order=("ends_on", "pk"),
    )
    def get(self, request: SignedIn, slug: str) -> Any:
        """First and last days of its hubs, ordered by last day. Hubs without such days are not included."""
        rows = calendars.dated(access.organization(request.user, slug))
        asked = checked(WindowForm(request.query_params))
        if first := asked["from"]:
            rows = rows.filter(Q(ends_on__gte=first) | Q(ends_on=None))
        if last := asked["to"]:
            rows = rows.filter(Q(starts_on__lte=last) | Q(starts_on=None))
        return rows


class CalendarFile(Endpoint):
    @does(Scope.READ, gives={(200, "text/calendar"): str})
    def get(self, request: SignedIn, slug: str) -> HttpResponse:
        """The calendar as an iCalendar file."""
        text = calendars.as_file(access.organization(request.user, slug), timezone.now())
        return HttpResponse(text, content_type="text/calendar; charset=utf-8")
