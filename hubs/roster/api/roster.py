"""A hub's people list: who has access, in which role."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.shortcuts import get_object_or_404
from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, does, tag_of
from hubs.api.files import Table
from hubs.api.problems import CleanJSONParser
from hubs.lists.of_people import RosterFilters
from hubs.models import RosterEntry, Scope
from hubs.roster.rules.class_list.reading import LONGEST_NAME, read
from hubs.roster.rules.group_names import LONGEST
from hubs.roster.services import roster as services
from hubs.roster.services.groups import MOST_AT_ONCE, regroup
from hubs.spec.offers import group_key

MOST_NAMED = 100  # groups per list


class ListOfNames(Table):
    """Parser of text/csv: names or addresses in any cell, or a class list whose headings say which columns to read
    (several groups in one cell are separated by semicolons)."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        listed = read(super().parse(stream, media_type, parser_context)["text"])
        return {"names": listed.said, "groupsOf": listed.groups_of, "namesOf": listed.names_of}


RosterParameters = filters.shape_of(RosterFilters)


def group_names(**more: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=LONGEST), max_length=MOST_NAMED, **more)


def first_group(row: Any) -> str:
    """Return the group for clients that know only one group per person."""
    return next((group.name for group in row.groups.all()), "")


class EntryShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    user = shapes.of("user.username")
    email = serializers.CharField(allow_blank=True)
    name = serializers.SerializerMethodField(help_text="The name in their account, or else in a class list")
    role = serializers.CharField()
    groups = serializers.SerializerMethodField()
    group = serializers.SerializerMethodField(help_text="Deprecated: the first of `groups`, or empty")

    def get_groups(self, row: Any) -> list[str]:
        return [group.name for group in row.groups.all()]

    def get_group(self, row: Any) -> str:
        return first_group(row)

    def get_name(self, row: Any) -> str:
        return row.user.display_name if row.user else row.name


class NewPeople(serializers.Serializer):
    names = serializers.ListField(
        child=serializers.CharField(max_length=254), max_length=services.MOST,
        help_text="User names of members, or email addresses",
    )  # fmt: skip
    role = serializers.ChoiceField(RosterEntry.Role.choices, default="user")
    groups = group_names(default=list, help_text="Groups to which all of these people are added")
    groupsOf = serializers.DictField(
        child=group_names(), required=False, help_text='More groups by person: {"mia": ["Lab B"]}'
    )
    namesOf = serializers.DictField(
        child=serializers.CharField(max_length=LONGEST_NAME), required=False,
        help_text='Display names of people without an account: {"tam@x.example": "Tam Nu"}',
    )  # fmt: skip
    group = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=LONGEST, help_text="Deprecated: one of `groups`"
    )


class AddedShape(shapes.Shape):
    new = serializers.IntegerField()
    known = serializers.IntegerField(help_text="Already on the list")


class ChangedEntry(serializers.Serializer):
    role = serializers.ChoiceField(RosterEntry.Role.choices, required=False)
    groups = group_names(required=False, help_text="All groups of this person; replaces the current ones")
    group = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST,
        help_text="Deprecated: replaces all groups by this one, unless it is already the first",
    )  # fmt: skip


class SeveralEntries(serializers.Serializer):
    entries = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=MOST_AT_ONCE,
        help_text="Ids of people on the list",
    )


class Regrouped(SeveralEntries):
    add = group_names(default=list, help_text="Groups to add them to")
    remove = group_names(default=list, help_text="Groups to remove them from")


class RegroupedShape(shapes.Shape):
    changed = serializers.IntegerField(help_text="Number of people whose groups changed")


def tag(row: RosterEntry) -> str:
    return tag_of(row.pk, row.role, *[group.name for group in row.groups.all()])


class Roster(Endpoint):
    parser_classes = [CleanJSONParser, ListOfNames]

    @does(Scope.READ, pages=EntryShape, parameters=[RosterParameters], order=("pk",))
    def get(self, request: SignedIn, uid: str) -> Any:
        """People on the hub's list."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        asked = filters.chosen(request, RosterParameters)
        rows = filters.narrowed(request, RosterFilters, asked, hub.roster.all())
        return rows.select_related("user").prefetch_related("groups")

    @does(Scope.OPERATE, reads=NewPeople, gives=AddedShape)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Add people, as JSON or as text/csv: names or addresses, or a class list with headings, in which the column
        "groups" has each person's groups. People already on the list keep their role and groups, so the request can be
        repeated."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        said = self.read(NewPeople)
        groups = [*said["groups"], *filter(None, [said["group"]])]
        added = services.add(
            hub=hub, by=request.user, names=said["names"], role=said["role"], groups=groups,
            groups_of=said.get("groupsOf"), names_of=said.get("namesOf"),
        )  # fmt: skip
        return added


class Groups(Endpoint):
    @does(Scope.OPERATE, reads=Regrouped, gives=RegroupedShape)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Add people on the list to groups, or remove them from groups. It takes effect at each person's next sign-in
        and before their next server start."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        changed = regroup(hub=hub, by=request.user, **self.read(Regrouped))
        return {"changed": changed}


class OneEntry(Endpoint):
    def _row(self, request: SignedIn, uid: str, entry: int) -> RosterEntry:
        hub = access.hub(request.user, uid, Permission.OPERATE)
        return get_object_or_404(hub.roster.select_related("user", "hub__organization"), pk=entry)

    @does(Scope.READ, gives=EntryShape, tag=tag)
    def get(self, request: SignedIn, uid: str, entry: int) -> Any:
        """One person on the list."""
        row = self._row(request, uid, entry)
        prefetch_related_objects([row], "groups")
        return row

    @does(Scope.OPERATE, reads=ChangedEntry, gives=EntryShape, tag=tag)
    def patch(self, request: SignedIn, uid: str, entry: int) -> Any:
        """Change role or groups. Fields that are not sent stay the same."""
        row, said = self._row(request, uid, entry), self.read(ChangedEntry)
        self.check_match(tag(row), needed=False)
        groups, only = said.get("groups"), said.get("group")
        if groups is None and only is not None and group_key(only) != group_key(first_group(row)):
            groups = [only] if only.strip() else []
        return services.change(entry=row, by=request.user, role=said.get("role"), groups=groups)

    @does(Scope.OPERATE)
    def delete(self, request: SignedIn, uid: str, entry: int) -> None:
        """Remove the person from the list. A running server continues until it is stopped."""
        row = self._row(request, uid, entry)
        self.check_match(tag(row), needed=False)
        services.remove(entry=row, by=request.user)
