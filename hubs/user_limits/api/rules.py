"""User limits in a hub: rules for everyone, a group, or one person, with or without an end."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, does, tag_of
from hubs.lists.of_asked_limits import seen_by
from hubs.models import Scope, UserLimit
from hubs.user_limits.services import rules as services
from hubs.user_limits.services.requests import standing
from hubs.user_limits.services.rules import Wanted

RELATED = ("hub__organization", "hub__cluster", "author")


class RuleShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    hub = serializers.CharField(source="hub.uid")
    kind = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    values = serializers.DictField(child=serializers.FloatField())
    until = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    author = serializers.CharField(source="author.username")
    madeAt = serializers.DateTimeField(source="made_at")
    endedAt = serializers.DateTimeField(source="ended_at", allow_null=True)
    waiting = serializers.SerializerMethodField(help_text="Whether it still needs review by staff")

    def get_waiting(self, row: UserLimit) -> bool:
        return row.since is None and row.ended_at is None


class NewRule(serializers.Serializer):
    kind = serializers.ChoiceField(UserLimit.Kind.choices)
    names = serializers.ListField(child=serializers.CharField(max_length=254), required=False, default=list,
                                  max_length=500)  # fmt: skip
    values = serializers.DictField(child=serializers.FloatField(), help_text="Numbers by measure: memory_mib, cpu, ...")
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    ask = serializers.BooleanField(
        default=False, help_text="Request it from staff if it is above the organisation’s limits"
    )


class ChangedRule(serializers.Serializer):
    values = serializers.DictField(child=serializers.FloatField())
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    ask = serializers.BooleanField(default=False)


class RuleFilter(serializers.Serializer):
    kind = serializers.ChoiceField(UserLimit.Kind.choices, required=False)
    name = filters.word(help_text="Full name of the person or group")
    waiting = serializers.ChoiceField(
        ["true", "false"], required=False, help_text="Whether it still needs review by staff"
    )
    ended = serializers.BooleanField(required=False, default=False, help_text="Ended rules instead")


def _wanted(said: dict[str, Any]) -> Wanted:
    return Wanted(said.pop("values"), said.pop("until"), said.pop("reason"))


def tag(row: UserLimit) -> str:
    """Return the ETag. Rules are never edited: they end, or staff approve them."""
    return tag_of(row.pk, row.since, row.ended_at)


class Rules(Endpoint):
    @does(Scope.READ, pages=RuleShape, parameters=[RuleFilter], order=("-pk",))
    def get(self, request: SignedIn, uid: str) -> Any:
        """Rules that are active or need review, newest first."""
        hub = access.hub(request.user, uid, Permission.LIMITS)
        return self._narrowed(hub.user_limits.select_related("hub", "author"))

    def _narrowed(self, rows: QuerySet[UserLimit]) -> QuerySet[UserLimit]:
        asked = filters.chosen(self.request, RuleFilter)
        rows = rows.exclude(ended_at=None) if asked["ended"] else rows.filter(ended_at=None)
        if kind := asked.get("kind"):
            rows = rows.filter(kind=kind)
        if name := asked["name"]:
            rows = rows.filter(name=name.lower())
        if waiting := asked.get("waiting"):
            rows = rows.filter(since__isnull=waiting == "true")
        return rows

    @does(Scope.OPERATE, reads=NewRule, makes=RuleShape(many=True))
    def post(self, request: SignedIn, uid: str) -> Response:
        """Create a rule, or one for each name. It applies at the next server start."""
        hub = access.hub(request.user, uid, Permission.LIMITS)
        said = self.read(NewRule)
        rows = services.make(hub=hub, by=request.user, wanted=_wanted(said), **said)
        return Response(RuleShape(rows, many=True).data, status=201)


class OneRule(Endpoint):
    def _row(self, request: SignedIn, uid: str, rule: int) -> UserLimit:
        hub = access.hub(request.user, uid, Permission.LIMITS)
        return get_object_or_404(hub.user_limits.select_related(*RELATED), pk=rule)

    @does(Scope.READ, gives=RuleShape, tag=tag)
    def get(self, request: SignedIn, uid: str, rule: int) -> Any:
        """One rule, active or ended."""
        return self._row(request, uid, rule)

    @does(Scope.OPERATE, reads=ChangedRule, gives=RuleShape, tag=tag)
    def put(self, request: SignedIn, uid: str, rule: int) -> Any:
        """Change values or end. A new rule replaces this one and is returned."""
        row, said = self._row(request, uid, rule), self.read(ChangedRule)
        self.check_match(tag(row), needed=False)
        return services.change(rule=row, by=request.user, wanted=_wanted(said), **said)

    @does(
        Scope.OPERATE,
        parameters=[OpenApiParameter("note", str, description="Reason; required when staff reject a request")],
    )
    def delete(self, request: SignedIn, uid: str, rule: int) -> None:
        """End a rule now. One that needs review is withdrawn or, by staff, rejected."""
        row = self._row(request, uid, rule)
        self.check_match(tag(row), needed=False)
        services.end(rule=row, by=request.user, note=request.query_params.get("note", ""))


class Allow(OneRule):
    http_method_names = ["post", "options"]

    @does(Scope.APPROVE, gives=RuleShape, tag=tag)
    def post(self, request: SignedIn, uid: str, rule: int) -> Any:
        """Approve a rule above the organisation’s limits. Staff only."""
        access.staff(request.user)
        row = self._row(request, uid, rule)
        self.check_match(tag(row), needed=False)
        return services.allow(rule=row, by=request.user)


class AskedShape(shapes.Shape):
    label = serializers.CharField()  # type: ignore[assignment]
    asked = serializers.CharField()
    now = serializers.CharField(help_text="Current limit of these people")
    agreed = serializers.CharField(help_text="Limit per person without review by staff; empty if there is none")


class UsedShape(shapes.Shape):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    used = serializers.IntegerField()
    limit = serializers.IntegerField()


class DecidedShape(shapes.Shape):
    at = serializers.DateTimeField(source="event.at")
    by = serializers.CharField(source="event.actor")
    verb = serializers.CharField(source="event.verb", help_text="limit.allow or limit.decline")
    whom = serializers.CharField()
    limits = serializers.CharField()
    note = serializers.CharField(source="event.note")


class StandingShape(shapes.Shape):
    asked = AskedShape(many=True)
    shared = UsedShape(many=True, help_text="Limits that the organisation’s hubs share, and their current use")
    servers = serializers.IntegerField(help_text="Number of running servers, of this person or of the whole hub")
    earlier = DecidedShape(many=True, help_text="Last decisions for the organisation, newest first")


class StandingOfRule(OneRule):
    http_method_names = ["get", "head", "options"]

    @does(Scope.READ, gives=StandingShape)
    def get(self, request: SignedIn, uid: str, rule: int) -> Any:
        """What staff see when they review it: limits, current use, earlier decisions."""
        return standing(self._row(request, uid, rule))


class AskedFilter(serializers.Serializer):
    state = serializers.ChoiceField(
        ["submitted", "approved", "rejected", "withdrawn"], default="submitted", help_text="State of the request"
    )
    organization = filters.word(help_text="Slug of the organisation")
    hub = filters.word(help_text="uid of the hub")


class Waiting(Endpoint):
    @does(Scope.READ, pages=RuleShape, parameters=[AskedFilter], order=("made_at", "pk"))
    def get(self, request: SignedIn) -> Any:
        """Rules of all hubs whose limits you can set that were requested from staff, oldest first: those that need
        review, or with `state` others."""
        asked = filters.chosen(request, AskedFilter)
        rows = seen_by(request.user).in_states([asked["state"]])
        if slug := asked["organization"]:
            rows = rows.filter(hub__organization__slug=slug)
        if uid := asked["hub"]:
            rows = rows.filter(hub__uid=uid)
        return rows.select_related("hub", "author")
