"""What one does with a hub that exists. Each verb is a service."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, once
from hubs.calendar.services import extension
from hubs.clusters import queries as operations
from hubs.errors import Invalid
from hubs.hub.services import hubs as services
from hubs.models import ChangeRequest, Hub, Scope
from hubs.requests.api.requests import tag as request_tag

from .hubs import since, tag


class Reason(serializers.Serializer):
    reason = serializers.CharField(max_length=4000, help_text="Everybody who runs the hub reads it")


class Retirement(serializers.Serializer):
    confirm = serializers.CharField(max_length=60, help_text="Its address (slug), to show that this hub is meant")
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    keepDays = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=services.MOST_DAYS,
        help_text="In a cluster: how long people’s files are kept. 0 deletes them at once",
    )  # fmt: skip


class Confirmed(serializers.Serializer):
    confirm = serializers.CharField(max_length=60, help_text="Its address (slug), to show that this hub is meant")


class Extension(serializers.Serializer):
    ends = serializers.DateField(help_text="The new last day")
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


class Code(serializers.Serializer):
    code = serializers.CharField(allow_blank=True, trim_whitespace=False, help_text="Python; empty for none")


def typed_as_confirm(error: Invalid) -> Invalid:
    """Services call it by the page's names."""
    ours = {"typed": "confirm", "days": "keepDays"}
    return Invalid(error.message, {ours.get(path, path): words for path, words in error.errors.items()})


class _Act(Endpoint):
    """One verb: `work` is the service."""

    scopes = {"POST": Scope.OPERATE}
    work: Callable[..., Any]
    for_staff = False

    def act(self, request: SignedIn, uid: str, shape: type[serializers.Serializer] | None = None) -> Response:
        if self.for_staff:
            access.staff(request.user)
        hub = access.hub(request.user, uid, Permission.OPERATE)
        said = self.read(shape) if shape else {}
        self.check_match(tag(hub), needed=False, changed=since(hub))
        type(self).work(hub=hub, by=request.user, **said)
        hub.refresh_from_db()
        return self.one(hub, shapes.HubWhole, tag=tag(hub))


def _plain(service: Callable[..., Any], what: str, *, staff: bool = False) -> type[Endpoint]:
    """An endpoint of a verb that needs no words."""

    class Act(_Act):
        work = staticmethod(service)
        for_staff = staff

        @extend_schema(request=None, responses=shapes.HubWhole, description=what)
        def post(self, request: SignedIn, uid: str) -> Response:
            return self.act(request, uid)

    Act.__name__ = service.__name__.title().replace("_", "")
    return Act


Suspend = _plain(services.suspend, "Stop everything; everybody’s files are kept.")
Resume = _plain(services.resume, "Start it again as it was.")
Restart = _plain(services.restart, "Start the hub itself anew; people’s servers go on.")
Retry = _plain(services.retry, "Try again now, instead of later.")
Unpause = _plain(services.unpause, "Staff: repair and change it again.", staff=True)


class Pause(_Act):
    work = staticmethod(services.pause)
    for_staff = True

    @extend_schema(request=Reason, responses=shapes.HubWhole)
    def post(self, request: SignedIn, uid: str) -> Response:
        """Staff: look at it and change nothing, until the pause ends."""
        return self.act(request, uid, Reason)


class SetCode(_Act):
    scopes = {"GET": Scope.READ, "PUT": Scope.ADMINISTER}
    work = staticmethod(services.set_code)
    for_staff = True

    @extend_schema(responses=Code)
    def get(self, request: SignedIn, uid: str) -> Response:
        """Staff: the Python at the end of its configuration."""
        access.staff(request.user)
        hub = access.hub(request.user, uid)
        return self.one({"code": hub.extra_config}, Code, tag=tag(hub))

    @extend_schema(request=Code, responses=shapes.HubWhole)
    def put(self, request: SignedIn, uid: str) -> Response:
        """Staff: Python at the end of its configuration (hub.extraConfig)."""
        return self.act(request, uid, Code)


def _asked(view: Endpoint, request: SignedIn, row: ChangeRequest) -> Response:
    row = access.request(request.user, row.uid)
    return view.one(row, shapes.RequestWhole, status=201, tag=request_tag(row))


class Retire(Endpoint):
    scopes = {"POST": Scope.OPERATE}

    @extend_schema(request=Retirement, responses={201: shapes.RequestWhole})
    @once
    def post(self, request: SignedIn, uid: str) -> Response:
        """End it for good. In a cluster, people's files are kept for `keepDays`."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        said = self.read(Retirement)
        self.check_match(tag(hub), needed=False, changed=since(hub))
        told = {"typed": said["confirm"], "reason": said["reason"], "keep_days": said["keepDays"]}
        try:
            row = services.retire(hub=hub, by=request.user, **told)
        except Invalid as error:
            raise typed_as_confirm(error) from error
        return _asked(self, request, row)


class DeleteFiles(Endpoint):
    scopes = {"POST": Scope.OPERATE}

    @extend_schema(request=Confirmed, responses=shapes.HubWhole)
    def post(self, request: SignedIn, uid: str) -> Response:
        """Staff: delete the kept files of a retired hub now, for good."""
        access.staff(request.user)
        hub = access.hub(request.user, uid, Permission.OPERATE)
        try:
            hub = services.delete_files(hub=hub, by=request.user, typed=self.read(Confirmed)["confirm"])
        except Invalid as error:
            raise typed_as_confirm(error) from error
        return self.one(hub, shapes.HubWhole, tag=tag(hub))


class Extend(Endpoint):
    scopes = {"POST": Scope.REQUEST}

    @extend_schema(request=Extension, responses={201: shapes.RequestWhole})
    @once
    def post(self, request: SignedIn, uid: str) -> Response:
        """Ask for a later last day: a change request through the same policy."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        return _asked(self, request, extension.extend(hub=hub, by=request.user, **self.read(Extension)))


class ObjectShape(shapes.Shape):
    part = serializers.CharField(help_text="files, proxy, hub or address")
    kind = serializers.CharField()
    name = serializers.CharField()
    changedBy = serializers.CharField(source="changed_by", allow_blank=True, help_text="Who edited it by hand")
    manifest = serializers.JSONField(help_text="Secrets are masked")


class Objects(Endpoint):
    scopes = {"GET": Scope.READ}
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(responses=ObjectShape(many=True))
    def get(self, request: SignedIn, uid: str) -> Response:
        """Staff: what stands in the cluster for this hub, as it was applied last. Empty on one machine."""
        access.staff(request.user)
        hub: Hub = access.hub(request.user, uid)
        return Response(ObjectShape(list(operations.objects(hub)), many=True).data)
