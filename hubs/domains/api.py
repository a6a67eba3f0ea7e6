"""Custom domain of a hub."""

from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does, tag_of
from hubs.models import Hub, HubDomain, Scope

from .services import domains as services
from .services import own_domain


class OwnNameShape(shapes.Shape):
    """A hub's custom domain, its DNS records, and the result of the last check."""

    name = serializers.CharField(allow_null=True, help_text="null if the hub has no custom domain")
    refusal = serializers.CharField(help_text="Why this hub can’t have a custom domain; empty if it can")
    pointsTo = serializers.CharField(
        help_text="Target of the CNAME record; empty if the hub can’t have a custom domain"
    )
    record = serializers.CharField(help_text="Name of the TXT record for verification")
    value = serializers.CharField(help_text="Value of the TXT record")
    provenAt = serializers.DateTimeField(allow_null=True)
    inUseAt = serializers.DateTimeField(allow_null=True, help_text="When it became the hub’s address")
    checkedAt = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField(help_text="What the last check found wrong")
    endsAt = serializers.DateTimeField(
        allow_null=True, help_text="When the domain is removed, if its records fail the check"
    )


class NewName(serializers.Serializer):
    name = serializers.CharField(max_length=300, help_text="Such as hub.example.edu")


def _tag(hub: Hub, row: HubDomain | None) -> str:
    return tag_of(hub.uid, row.name if row else "")


def _shown(hub: Hub, row: HubDomain | None) -> dict[str, object]:
    refusal = own_domain.refusal(hub.cluster)
    return {
        "name": own_domain.readable(row.name) if row else None,
        "refusal": refusal,
        "pointsTo": "" if refusal else own_domain.first_host(hub),
        "record": row.record_name if row else "",
        "value": row.record_value if row else "",
        "provenAt": row and row.proven_at,
        "inUseAt": row and row.in_use_at,
        "checkedAt": row and row.checked_at,
        "problem": row.problem if row else "",
        "endsAt": row.failing_since + own_domain.GRACE if row and row.failing_since else None,
    }


class OwnName(Endpoint):
    def _hub(self, request: SignedIn, uid: str) -> Hub:
        return access.hub(request.user, uid, Permission.OPERATE)

    def _answer(self, hub: Hub, row: HubDomain | None) -> Response:
        return self.one(_shown(hub, row), OwnNameShape, tag=_tag(hub, row))

    @does(Scope.READ, gives=OwnNameShape)
    def get(self, request: SignedIn, uid: str) -> Response:
        """Get the custom domain, its DNS records, and the result of the last check."""
        hub = self._hub(request, uid)
        return self._answer(hub, services.of(hub))

    @does(Scope.OPERATE, reads=NewName, gives=OwnNameShape)
    def put(self, request: SignedIn, uid: str) -> Response:
        """Add a custom domain. Remove an existing one first."""
        hub = self._hub(request, uid)
        said = self.read(NewName)
        self.check_match(_tag(hub, services.of(hub)), needed=False)
        return self._answer(hub, services.add(hub=hub, by=request.user, **said))

    @does(Scope.OPERATE)
    def delete(self, request: SignedIn, uid: str) -> None:
        """Remove the custom domain. The hub returns to its default address."""
        hub = self._hub(request, uid)
        self.check_match(_tag(hub, services.of(hub)), needed=False)
        services.remove(hub=hub, by=request.user)


class CheckName(OwnName):
    http_method_names = ["post", "options"]

    @does(Scope.OPERATE, gives=OwnNameShape)
    def post(self, request: SignedIn, uid: str) -> Response:
        """Check the DNS records now. Takes some seconds at most."""
        hub = self._hub(request, uid)
        return self._answer(hub, services.check(hub=hub, by=request.user))
