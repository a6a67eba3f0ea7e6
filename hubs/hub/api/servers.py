"""People's servers in a hub that runs."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.hub.services import servers as services
from hubs.models import Scope

from .shapes import ServerShape

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
    @does(Scope.READ, lists=ServerShape)
    def get(self, request: SignedIn, uid: str) -> Any:
        """Servers that ran when somebody looked last (observedAt of the hub). All of them for those who run the hub,
        and for instructors on its list; everybody else gets their own."""
        hub = access.hub(request.user, uid, Permission.ENTER)
        rows = hub.servers or []
        if Permission.PRESENCE not in access.may(request.user, hub):
            rows = [row for row in rows if row.get("user") == request.user.username.lower()]
        return rows

    @does(Scope.OPERATE, gives=StoppedShape, operation_id="hubs_servers_stop_all")
    def delete(self, request: SignedIn, uid: str) -> Any:
        """Stop all of them. Files are kept."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        stopped, left = services.stop_all(hub=hub, by=request.user)
        return {"stopped": stopped, "left": left}


class OneServer(Endpoint):
    def _do(self, request: SignedIn, uid: str, user: str, service: Any) -> None:
        hub = access.hub(request.user, uid, Permission.OPERATE)
        server = filters.chosen(request, ServerFilter)["server"]
        service(hub=hub, by=request.user, user=_who(user), server=server)

    @does(Scope.OPERATE, gives={202: None}, parameters=[ServerFilter])
    def post(self, request: SignedIn, uid: str, user: str) -> Response:
        """Start one person's server, as if they had pressed “Start” with the usual choices. Only for somebody who was
        in the hub before; it is ready some moments later."""
        self._do(request, uid, user, services.start)
        return Response(status=202)

    @does(Scope.OPERATE, parameters=[ServerFilter])
    def delete(self, request: SignedIn, uid: str, user: str) -> None:
        """Stop one person's server. Their files are kept."""
        self._do(request, uid, user, services.stop)
