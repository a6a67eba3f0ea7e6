"""Hubs: list, read, activity, logs, export, dates and usage."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.api.files import AsAsked, as_file
from hubs.clusters import queries as operations
from hubs.days import queries as dates
from hubs.hub.queries import presenters
from hubs.hub.services.taking_along import TYPES, files_of, packed, type_of
from hubs.lists import reach
from hubs.lists.of_hubs import HubFilters
from hubs.models import Hub, Scope
from hubs.requests.queries import costs
from hubs.spec import Difference, difference
from hubs.spec.export import chart_values

from .shapes import HubSeen, HubShort, HubWhole, RunShape

TOLD = {
    "application/yaml": OpenApiTypes.ANY,
    "application/zip": OpenApiTypes.BINARY,
}  # schema of the content instead of a string
LINES, MOST_LINES = 400, 5000
COLUMNS = {"createdAt": "created_at", "title": "title"}


def tag(hub: Hub) -> str:
    """Return the ETag of a hub: its desired state, not its observed one, which changes without requests."""
    return f"{hub.uid}-{hub.revision.number if hub.revision else 0}-{hub.desired_state}-{hub.generation}"


def since(hub: Hub) -> Callable[[str], list[dict[str, str]]]:
    """Return a function that lists the differences between the hub of an old ETag and now."""

    def told(old: str) -> list[dict[str, str]]:
        uid, number, state, *_ = (*old.split("-"), "", "", "")
        if uid != hub.uid or not hub.revision:
            return []
        rows = hub.revisions.filter(number=int(number)) if number.isdecimal() and len(number) < 9 else []
        found = [one for row in rows for one in difference(row.spec, hub.spec)]
        if state != hub.desired_state:
            found.append(Difference("desiredState", "Desired state", state, hub.desired_state))
        return [asdict(one) for one in found]

    return told


HubParameters = filters.shape_of(HubFilters, sort=filters.order("-createdAt", "createdAt", "title", "-title"))


class Hubs(Endpoint):
    @does(Scope.READ, pages=HubShort, parameters=[HubParameters])
    def get(self, request: SignedIn) -> Response:
        """List the hubs visible to the caller, including retired ones; newest first."""
        asked = filters.chosen(request, HubParameters)
        rows = reach.of(request.user).hubs().select_related("organization", "cluster")
        rows = filters.narrowed(request, HubFilters, asked, rows)
        return self.paginated(rows, HubShort, *filters.sorting(asked["sort"], COLUMNS))


class OneHub(Endpoint):
    @does(Scope.READ, gives=HubWhole)
    def get(self, request: SignedIn, uid: str) -> Response:
        """Get one hub: desired state, status and spec. Conditions, revision, spec and paused are null without
        permission to read its configuration, so for members and people on its list."""
        hub = access.hub(request.user, uid, Permission.ENTER)
        whole = Permission.CONFIGURATION in access.may(request.user, hub)
        return self.one(hub, HubWhole if whole else HubSeen, tag=tag(hub))


class Values(Endpoint):
    @does(Scope.READ, gives=dict)
    def get(self, request: SignedIn, uid: str) -> Response:
        """Get the hub as Zero to JupyterHub values, with "to-be-replaced" in place of secrets."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        return Response(chart_values(hub.spec, hub.secret_paths, hub.extra_config))


class FileShape(shapes.Shape):
    name = serializers.CharField()
    type = serializers.CharField(help_text="Media type")
    bytes = serializers.IntegerField()


class Files(Endpoint):
    @does(Scope.READ, lists=FileShape)
    def get(self, request: SignedIn, uid: str) -> Any:
        """List the files of the export. `{slug}.zip` has all of them."""
        found = files_of(access.hub(request.user, uid, Permission.OPERATE))
        return [{"name": name, "type": type_of(name), "bytes": len(text.encode())} for name, text in found.items()]


class Export(Endpoint):
    renderer_classes = [JSONRenderer, AsAsked]

    @does(Scope.READ, gives={(200, k): TOLD.get(k, OpenApiTypes.STR) for k in (*TYPES.values(), "application/zip")})
    def get(self, request: SignedIn, uid: str, name: str) -> HttpResponse:
        """Get a file of the export: README.md, values.yaml, manifests.yaml, people.csv, images.txt; or all of them as
        `{slug}.zip`."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        if name == f"{hub.slug}.zip":
            return as_file(packed(hub), "application/zip", name)
        files = files_of(hub)
        if name not in files:
            raise Http404
        return as_file(files[name], type_of(name), f"{hub.slug}-{name}")


class Runs(Endpoint):
    @does(Scope.READ, pages=RunShape, order=("-started_at", "-pk"))
    def get(self, request: SignedIn, uid: str) -> Any:
        """List the runs of the hub with their steps, newest first."""
        hub = access.hub(request.user, uid)
        return hub.runs.select_related("request").prefetch_related("steps")


class OneRun(Endpoint):
    @does(Scope.READ, gives=RunShape)
    def get(self, request: SignedIn, uid: str, run: int) -> Any:
        """Get one run with its steps."""
        hub = access.hub(request.user, uid)
        return get_object_or_404(hub.runs.select_related("request").prefetch_related("steps"), pk=run)


class LogFilter(serializers.Serializer):
    part = serializers.ChoiceField(["hub", "proxy"], required=False, default="hub")
    lines = serializers.IntegerField(min_value=1, max_value=MOST_LINES, required=False, default=LINES)


class LogShape(shapes.Shape):
    part = serializers.CharField()
    text = serializers.CharField(help_text="Empty if it is not running or has written nothing yet")


class Logs(Endpoint):
    @does(Scope.OPERATE, gives=LogShape, parameters=[LogFilter])
    def get(self, request: SignedIn, uid: str) -> Any:
        """Get the last log lines of the hub or its proxy, without secrets."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        asked = filters.chosen(request, LogFilter)
        running = hub.desired_state == Hub.Desired.RUNNING
        text = operations.logs(hub, asked["part"], asked["lines"]) if running else ""
        return {"part": asked["part"], "text": text}


class DatesShape(shapes.Shape):
    """Days begin and end at midnight in the time zone of the organisation."""

    startsOn = serializers.DateField(source="starts_on", allow_null=True)
    endsOn = serializers.DateField(source="ends_on", allow_null=True, help_text="The last day; `extend` changes it")
    endedAt = serializers.DateTimeField(
        source="ended_at", allow_null=True, help_text="When the hub was suspended because its last day was over"
    )
    retiresOn = serializers.SerializerMethodField(help_text="The day on which an ended hub is retired automatically")
    notice = serializers.SerializerMethodField(help_text="Notice about the end of the hub for its people; may be empty")

    def get_retiresOn(self, hub: Hub) -> str | None:
        day = dates.retires_on(hub)
        return day.isoformat() if day and not hub.is_retired else None

    def get_notice(self, hub: Hub) -> str:
        found = dates.ending(hub, timezone.now())
        return f"{found.title}. {found.text}".strip() if found else ""


class Dates(Endpoint):
    @does(Scope.READ, gives=DatesShape)
    def get(self, request: SignedIn, uid: str) -> Any:
        """Get the first and last day of the hub, and related dates."""
        return access.hub(request.user, uid, Permission.ENTER)


class UsageOfHub(shapes.Shape):
    """What the hub reserves of its organisation's limits, and what it uses now."""

    seats = serializers.IntegerField(help_text="Maximum running servers")
    people = serializers.IntegerField(help_text="Planned number of people")
    listed = serializers.IntegerField(help_text="People on the hub’s list")
    memoryMib = serializers.IntegerField(help_text="MiB for all seats together")
    storageMib = serializers.IntegerField(help_text="MiB for all home directories together")
    servers = serializers.IntegerField(allow_null=True, help_text="Servers running at observedAt; null if unknown")
    observedAt = serializers.DateTimeField(allow_null=True, help_text="When the hub was last checked")
    monthlyCost = shapes.CostShape(allow_null=True, help_text="An estimate; null if staff set no prices")


def usage_of(hub: Hub) -> dict[str, Any]:
    retired = hub.is_retired
    seen = presenters.servers(hub)
    return {
        "seats": 0 if retired else hub.seats,
        "people": hub.spec.about.heads,
        "listed": hub.roster.count(),
        "memoryMib": 0 if retired else hub.memory_mib,
        "storageMib": 0 if retired else hub.storage_mib,
        "servers": seen.count if seen.known else None,
        "observedAt": hub.observed_at,
        "monthlyCost": None if retired else costs.estimate(hub.spec, hub.cluster),
    }


class Usage(Endpoint):
    @does(Scope.READ, gives=UsageOfHub)
    def get(self, request: SignedIn, uid: str) -> Any:
        """Get what the hub reserves of its organisation's limits, and what it uses."""
        return usage_of(access.hub(request.user, uid))
