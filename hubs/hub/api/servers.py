"""People's servers in a hub that runs."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn
from hubs.hub.services import servers as services
from hubs.models import Scope

LONGEST = 255  # characters of a name, as JupyterHub keeps it


class ServerFilter(serializers.Serializer):
    server = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=LONGEST, help_text="Its name; empty for the usual one"
    )


class StoppedShape(shapes.Shape):
    stopped = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Not stopped yet: try again")


def _who(user: str) -> str:
    if len(user) > LONGEST:
        raise serializers.ValidationError({"user": ["There is no such name."]})
    return user


class Servers(Endpoint):
    scopes = {"GET": Scope.READ, "DELETE": Scope.OPERATE}
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(responses=shapes.ServerShape(many=True))
    def get(self, request: SignedIn, uid: str) -> Response:
        """Servers that ran when somebody looked last (observedAt of the hub). All of them for those who run the hub,
        and for instructors on its list; everybody else gets their own."""
        hub = access.hub(request.user, uid, Permission.ENTER)
        rows = hub.servers or []
        if Permission.PRESENCE not in access.on_hub(request.user, hub):
            rows = [row for row in rows if row.get("user") == request.user.username.lower()]
        return Response(shapes.ServerShape(rows, many=True).data)

    @extend_schema(operation_id="hubs_servers_stop_all", responses=StoppedShape)
    def delete(self, request: SignedIn, uid: str) -> Response:
        """Stop all of them. Files are kept."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        stopped, left = services.stop_all(hub=hub, by=request.user)
        return self.one({"stopped": stopped, "left": left}, StoppedShape)


class OneServer(Endpoint):
    scopes = {"POST": Scope.OPERATE, "DELETE": Scope.OPERATE}

    def _do(self, request: SignedIn, uid: str, user: str, service: Any) -> None:
        hub = access.hub(request.user, uid, Permission.OPERATE)
        server = filters.chosen(request, ServerFilter)["server"]
        service(hub=hub, by=request.user, user=_who(user), server=server)

    @extend_schema(request=None, responses={202: None}, parameters=[ServerFilter])
    def post(self, request: SignedIn, uid: str, user: str) -> Response:
        """Start one person's server, as if they had pressed “Start” with the usual choices. Only for somebody who was
        in the hub before; it is ready some moments later."""
        self._do(request, uid, user, services.start)
        return Response(status=202)

    @extend_schema(responses={204: None}, parameters=[ServerFilter])
    def delete(self, request: SignedIn, uid: str, user: str) -> Response:
        """Stop one person's server. Their files are kept."""
        self._do(request, uid, user, services.stop)
        return Response(status=204)
