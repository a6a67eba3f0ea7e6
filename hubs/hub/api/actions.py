"""Endpoints of the actions on an existing hub. Each calls a service."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.api.naming import each
from hubs.calendar.services import extension
from hubs.clusters import queries as operations
from hubs.hub.services import hubs as services
from hubs.models import ChangeRequest, Hub, Scope
from hubs.requests.api.requests import tag as request_tag
from hubs.requests.api.shapes import RequestWhole

from .hubs import since, tag
from .shapes import HubWhole


class Reason(serializers.Serializer):
    reason = serializers.CharField(max_length=4000, help_text="Shown to everyone who can manage the hub")


class OptionalReason(serializers.Serializer):
    reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=4000, help_text="Part of the notification"
    )


class Retirement(serializers.Serializer):
    confirm = serializers.CharField(max_length=60, help_text="The hub’s address (slug), as confirmation")
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    keepDays = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=services.MOST_DAYS,
        help_text="In a cluster: days for which people’s files are kept. 0 deletes them immediately",
    )  # fmt: skip


class Confirmed(serializers.Serializer):
    confirm = serializers.CharField(max_length=60, help_text="The hub’s address (slug), as confirmation")


class Extension(serializers.Serializer):
    ends = serializers.DateField(help_text="The new last day")
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


class Code(serializers.Serializer):
    code = serializers.CharField(allow_blank=True, trim_whitespace=False, help_text="Python code; empty for none")


OURS = {"typed": "confirm", "days": "keepDays"}  # field names of services -> of the API


def _act(view: Endpoint, request: SignedIn, uid: str, service: Callable[..., Any], reads: Any = None) -> Hub:
    """Call the service with the body that it `reads`, if the hub still matches the caller's ETag."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    said = view.read(reads) if reads else {}
    view.check_match(tag(hub), needed=False, changed=since(hub))
    service(hub=hub, by=request.user, **said)
    hub.refresh_from_db()
    return hub


def _verb(service: Callable[..., Any], what: str, *, reads: Any = None, staff: bool = False) -> type[Endpoint]:
    """Return the endpoint of an action."""

    class Act(Endpoint):
        @does(Scope.OPERATE, reads=reads, gives=HubWhole, tag=tag, description=what)
        def post(self, request: SignedIn, uid: str) -> Hub:
            if staff:
                access.staff(request.user)
            return _act(self, request, uid, service, reads)

    Act.__name__ = service.__name__.title().replace("_", "")
    return Act


Suspend = _verb(services.suspend, "Stop the hub and all servers. People’s files are kept.", reads=OptionalReason)
Resume = _verb(services.resume, "Start a suspended hub.")
Restart = _verb(services.restart, "Restart the hub. People’s servers continue.")
Retry = _verb(services.retry, "Retry now.")
Unpause = _verb(services.unpause, "Staff: resume repairs and changes.", staff=True)
_PAUSE = "Staff: check the hub but change nothing until repairs are resumed."
Pause = _verb(services.pause, _PAUSE, reads=Reason, staff=True)


class SetCode(Endpoint):
    @does(Scope.READ, gives=Code)
    def get(self, request: SignedIn, uid: str) -> Response:
        """Staff: get the Python code at the end of the hub’s configuration."""
        access.staff(request.user)
        hub = access.hub(request.user, uid)
        return self.one({"code": hub.extra_config}, Code, tag=tag(hub))

    @does(Scope.ADMINISTER, reads=Code, gives=HubWhole, tag=tag)
    def put(self, request: SignedIn, uid: str) -> Hub:
        """Staff: set the Python code at the end of the hub’s configuration (hub.extraConfig)."""
        access.staff(request.user)
        return _act(self, request, uid, services.set_code, Code)


class Retire(Endpoint):
    @does(Scope.OPERATE, reads=Retirement, makes=RequestWhole, tag=request_tag)
    def post(self, request: SignedIn, uid: str) -> ChangeRequest:
        """Retire the hub permanently. In a cluster, people's files are kept for `keepDays`."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        said = self.read(Retirement)
        self.check_match(tag(hub), needed=False, changed=since(hub))
        told = {"typed": said["confirm"], "reason": said["reason"], "keep_days": said["keepDays"]}
        with each(lambda path: OURS.get(path, path)):
            return access.request(request.user, services.retire(hub=hub, by=request.user, **told).uid)


class DeleteFiles(Endpoint):
    @does(Scope.OPERATE, reads=Confirmed, gives=HubWhole, tag=tag)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Staff: delete the archived files of a retired hub permanently."""
        access.staff(request.user)
        hub = access.hub(request.user, uid, Permission.OPERATE)
        with each(lambda path: OURS.get(path, path)):
            return services.delete_files(hub=hub, by=request.user, typed=self.read(Confirmed)["confirm"])


class Extend(Endpoint):
    @does(Scope.REQUEST, reads=Extension, makes=RequestWhole, tag=request_tag)
    def post(self, request: SignedIn, uid: str) -> ChangeRequest:
        """Request a later last day: a change request under the same policy."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        row = extension.extend(hub=hub, by=request.user, **self.read(Extension))
        return access.request(request.user, row.uid)


class ObjectShape(shapes.Shape):
    part = serializers.CharField(help_text="files, proxy, hub or address")
    kind = serializers.CharField()
    name = serializers.CharField()
    changedBy = serializers.CharField(source="changed_by", allow_blank=True, help_text="Who edited it manually")
    manifest = serializers.JSONField(help_text="Secrets are masked")


class Objects(Endpoint):
    @does(Scope.READ, lists=ObjectShape)
    def get(self, request: SignedIn, uid: str) -> Any:
        """Staff: list the Kubernetes objects of this hub. Empty on a single machine."""
        access.staff(request.user)
        hub: Hub = access.hub(request.user, uid)
        return list(operations.objects(hub))
