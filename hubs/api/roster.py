"""Who may enter a hub, as what."""

from typing import Any

from django.db.models import Q
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, tag_of
from hubs.api.files import Table
from hubs.api.problems import CleanJSONParser
from hubs.forms.class_list import names_in
from hubs.models import RosterEntry, Scope
from hubs.services import roster as services


class ListOfNames(Table):
    """text/csv: names or addresses in any cell, or a whole class list whose headings say which column to read."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        return {"names": names_in(super().parse(stream, media_type, parser_context)["text"])}


class RosterFilter(serializers.Serializer):
    q = filters.word(help_text="Part of a user name, a name or an address")
    role = serializers.ChoiceField(RosterEntry.Role.choices, required=False)
    group = filters.word(help_text="Its whole name")


class NewPeople(serializers.Serializer):
    names = serializers.ListField(
        child=serializers.CharField(max_length=254), max_length=services.MOST,
        help_text="User names of members, or e-mail addresses",
    )  # fmt: skip
    role = serializers.ChoiceField(RosterEntry.Role.choices, default="user")
    group = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)


class AddedShape(shapes.Shape):
    new = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Stood there already")


class ChangedEntry(serializers.Serializer):
    role = serializers.ChoiceField(RosterEntry.Role.choices)
    group = serializers.CharField(required=False, allow_blank=True, max_length=40)


def tag(row: RosterEntry) -> str:
    return tag_of(row.pk, row.role, row.group)


class Roster(Endpoint):
    scopes = {"GET": Scope.READ, "POST": Scope.OPERATE}
    parser_classes = [CleanJSONParser, ListOfNames]

    @extend_schema(responses=shapes.EntryShape(many=True), parameters=[RosterFilter])
    def get(self, request: SignedIn, uid: str) -> Response:
        """Who is on its list."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        asked = filters.chosen(request, RosterFilter)
        rows = hub.roster.select_related("user")
        if words := asked["q"]:
            rows = rows.filter(
                Q(email__icontains=words) | Q(user__username__icontains=words) | Q(user__name__icontains=words)
            )
        if role := asked.get("role"):
            rows = rows.filter(role=role)
        if group := asked["group"]:
            rows = rows.filter(group=group.lower())
        return self.paginated(rows, shapes.EntryShape, "pk")

    @extend_schema(request=NewPeople, responses={200: AddedShape})
    def post(self, request: SignedIn, uid: str) -> Response:
        """Let people in; as JSON, or as text/csv: names or addresses, or a whole class list with its headings. Who
        stands there already stays as they are, so it may be sent again."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        added = services.add(hub=hub, by=request.user, **self.read(NewPeople))
        return self.one(added, AddedShape)


class OneEntry(Endpoint):
    scopes = {"GET": Scope.READ, "PATCH": Scope.OPERATE, "DELETE": Scope.OPERATE}

    def _row(self, request: SignedIn, uid: str, entry: int) -> RosterEntry:
        hub = access.hub(request.user, uid, Permission.OPERATE)
        row = hub.roster.select_related("user", "hub__organization").filter(pk=entry).first()
        if row is None:
            raise Http404
        return row

    @extend_schema(responses=shapes.EntryShape)
    def get(self, request: SignedIn, uid: str, entry: int) -> Response:
        """One of its people."""
        row = self._row(request, uid, entry)
        return self.one(row, shapes.EntryShape, tag=tag(row))

    @extend_schema(request=ChangedEntry, responses=shapes.EntryShape)
    def patch(self, request: SignedIn, uid: str, entry: int) -> Response:
        """Another role, or another group."""
        row, said = self._row(request, uid, entry), self.read(ChangedEntry)
        self.check_match(tag(row), needed=False)
        row = services.change_role(entry=row, by=request.user, **said)
        return self.one(row, shapes.EntryShape, tag=tag(row))

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, uid: str, entry: int) -> Response:
        """They no longer get in; a server that runs goes on until it is stopped."""
        row = self._row(request, uid, entry)
        self.check_match(tag(row), needed=False)
        services.remove(entry=row, by=request.user)
        return Response(status=204)
