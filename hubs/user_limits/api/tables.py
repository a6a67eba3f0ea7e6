"""User limits: all rules as a table, the limits of one person with their rules, and the hub's defaults."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.api.files import AsAsked, Table, as_file
from hubs.api.naming import each
from hubs.api.problems import CleanJSONParser
from hubs.errors import Invalid
from hubs.hub.api.hubs import since, tag
from hubs.hub.services import hubs as services
from hubs.language import _
from hubs.models import Hub, Scope
from hubs.requests.api.requests import tag as request_tag
from hubs.requests.api.shapes import RequestWhole
from hubs.roster.queries.people import nobody
from hubs.spec import to_draft
from hubs.user_limits.forms.file import as_csv, lines_of
from hubs.user_limits.queries.seen import differing, facts_of, waiting_for
from hubs.user_limits.services.file import bring


class ChangedRuleShape(shapes.Shape):
    line = serializers.IntegerField(help_text="Line of the table; 0 for a rule that ends without another one")
    whom = serializers.CharField()
    before = serializers.CharField(help_text="The limits before, in words; empty for a new rule")
    after = serializers.CharField(help_text="The limits after it; empty for a rule that ends")


class BroughtRules(shapes.Shape):
    made = serializers.IntegerField()
    ended = serializers.IntegerField()
    same = serializers.IntegerField(help_text="Number of rules that did not change")
    changes = ChangedRuleShape(many=True)
    warnings = serializers.ListField(child=serializers.CharField(), help_text="Lines for unknown addresses")


class NewTable(serializers.Serializer):
    text = serializers.CharField(trim_whitespace=False, help_text="The table, if it is sent as JSON")
    dryRun = serializers.BooleanField(default=False, help_text="Change nothing")


class RulesTable(Endpoint):
    parser_classes = [CleanJSONParser, Table]
    renderer_classes = [JSONRenderer, AsAsked]

    @does(Scope.READ, gives={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: SignedIn, uid: str) -> HttpResponse:
        """All active rules as text/csv, one per line, in the format that PUT reads."""
        hub = access.hub(request.user, uid, Permission.LIMITS)
        rules = hub.user_limits.counting(timezone.now()).spelled().order_by("kind", "name", "pk")
        return as_file(as_csv(rules, hub.organization.zone), "text/csv", f"{hub.slug}-user-limits.csv")

    @does(
        Scope.OPERATE,
        reads={"text/csv": OpenApiTypes.STR, "application/json": NewTable},
        gives={(200, "application/json"): BroughtRules},
    )
    def put(self, request: SignedIn, uid: str) -> Response:
        """Replace the rules of every person or group that has a line; others keep theirs. All lines are applied, or
        none. Sending it again changes nothing. With `dryRun`, in JSON, the answer shows what would change."""
        hub = access.hub(request.user, uid, Permission.LIMITS)
        said = self.read(NewTable)
        try:
            lines, unread = lines_of(said["text"], hub.organization.zone)
        except ValidationError as error:
            raise Invalid(
                _("Nothing was changed, because some lines have errors."), {"file": error.messages}
            ) from error
        brought = bring(hub=hub, by=request.user, lines=lines, unread=unread, dry=said["dryRun"])
        return self.one(brought, BroughtRules)


class PersonFilter(serializers.Serializer):
    name = serializers.CharField(max_length=254, help_text="The person’s name in the hub")


class FactShape(shapes.Shape):
    label = serializers.CharField()  # type: ignore[assignment]
    text = serializers.CharField(help_text="The limit as text")
    rule = serializers.SerializerMethodField(help_text="id of the rule it comes from; null for the hub’s default")

    def get_rule(self, fact: Any) -> int | None:
        return fact.rule.pk if fact.rule else None


class DifferingServerShape(shapes.Shape):
    """A server that runs with other limits than its next start would get."""

    server = serializers.CharField(help_text="Name of the server; empty for the default server")
    changes = serializers.SerializerMethodField()

    def get_changes(self, row: Any) -> list[dict[str, str]]:
        return [{"label": label, "has": has, "gets": gets} for label, has, gets in row.changes]


class WaitingRule(shapes.Shape):
    rule = serializers.IntegerField(source="pk", help_text="id of the rule")
    text = serializers.CharField(source="words", help_text="The requested limits as text")


class PersonShape(shapes.Shape):
    name = serializers.CharField()
    nobody = serializers.CharField(help_text="A message if no one in the hub has this name, else empty")
    gets = FactShape(many=True, help_text="At the next start of a server")
    waiting = WaitingRule(many=True, help_text="Requested from staff, and not active yet")
    differing = DifferingServerShape(many=True, help_text="Servers that still run with other limits")


class OfPerson(Endpoint):
    @does(Scope.READ, gives=PersonShape, parameters=[PersonFilter])
    def get(self, request: SignedIn, uid: str) -> Any:
        """The limits of a person in the hub, and the rules they come from."""
        hub = access.hub(request.user, uid, Permission.LIMITS)
        name = filters.chosen(request, PersonFilter)["name"].lower()
        told = {
            "name": name,
            "nobody": nobody(hub, name),
            "gets": facts_of(hub, name),
            "waiting": waiting_for(hub, name),
            "differing": differing(hub, name),
        }
        return told


class EverybodyShape(shapes.Shape):
    values = serializers.DictField(child=serializers.CharField(), help_text="Text by field path, as in a draft")


class NewEverybody(serializers.Serializer):
    values = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=100),
        help_text=f"Some of: {', '.join(services.USER_LIMITS)}",
    )
    ask = serializers.BooleanField(default=False, help_text="Create a draft of a request to staff instead")


def _shown(hub: Hub) -> dict[str, Any]:
    draft = to_draft(hub.spec)
    return {"values": {path: draft.get(path, "") for path in services.USER_LIMITS}}


class OfEverybody(Endpoint):
    @does(Scope.READ, gives=EverybodyShape)
    def get(self, request: SignedIn, uid: str) -> Response:
        """The hub’s default limits, for people without a rule."""
        hub = access.hub(request.user, uid, Permission.LIMITS)
        return self.one(_shown(hub), EverybodyShape, tag=tag(hub))

    @does(Scope.OPERATE, reads=NewEverybody, gives=RequestWhole, tag=request_tag)
    def patch(self, request: SignedIn, uid: str) -> Any:
        """Change the default limits within the organisation’s limits. Returns the change request. Applies to the next
        server that starts. Needs If-Match."""
        hub = access.hub(request.user, uid, Permission.LIMITS)
        said = self.read(NewEverybody)
        self.check_match(tag(hub), changed=since(hub))
        service = services.ask_for_more if said["ask"] else services.set_user_limits
        with each(lambda path: path if path in ("", "reason") else f"values.{path}"):
            row = service(hub=hub, by=request.user, values=said["values"])
        return access.request(request.user, row.uid)
