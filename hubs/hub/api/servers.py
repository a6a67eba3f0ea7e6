"""People's servers in a running hub."""

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.hub.services import servers as services
from hubs.language import _
from hubs.models import Scope

from .shapes import ServerShape

LONGEST = 255  # characters of a name in JupyterHub's database


class ServerFilter(serializers.Serializer):
    server = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=LONGEST,
        help_text="Name of the server; empty for the default server",
    )


class StoppedShape(shapes.Shape):
    stopped = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Number of servers that could not be stopped; try again")


def _who(user: str) -> str:
    if len(user) > LONGEST:
        raise serializers.ValidationError({"user": [_("This user name is too long.")]})
    return user


class Servers(Endpoint):
    @does(Scope.READ, lists=ServerShape)
    def get(self, request: SignedIn, uid: str) -> Any:
        """List the servers that were running at the last check (observedAt of the hub). Those who manage the hub and
        instructors on its list get all of them; others get their own."""
        hub = access.hub(request.user, uid, Permission.ENTER)
        rows = hub.servers or []
        if Permission.PRESENCE not in access.may(request.user, hub):
            rows = [row for row in rows if row.get("user") == request.user.username.lower()]
        return rows

    @does(Scope.OPERATE, gives=StoppedShape, operation_id="hubs_servers_stop_all")
    def delete(self, request: SignedIn, uid: str) -> Any:
        """Stop all servers. Files are kept."""
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
        """Start one person's server with the default options. The person must have signed in to the hub before. The
        server is ready some moments later."""
        self._do(request, uid, user, services.start)
        return Response(status=202)

    @does(Scope.OPERATE, parameters=[ServerFilter])
    def delete(self, request: SignedIn, uid: str, user: str) -> None:
        """Stop one person's server. Their files are kept."""
        self._do(request, uid, user, services.stop)
