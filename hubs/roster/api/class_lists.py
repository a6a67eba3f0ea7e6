"""Import of a class list: preview, apply, undo."""

from typing import Any

from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.models import RosterEntry, Scope
from hubs.roster.rules.class_list.reading import read
from hubs.roster.services import class_lists

from .roster import MOST_NAMED, SeveralEntries, group_names

LONGEST = 1024 * 1024  # characters of a list
MOST_COLUMNS = 100


class ClassListShape(serializers.Serializer):
    text = serializers.CharField(
        max_length=LONGEST, trim_whitespace=False,
        help_text="The list as exported from Canvas or Moodle, or copied from a spreadsheet or an email",
    )  # fmt: skip
    role = serializers.ChoiceField(RosterEntry.Role.choices, default="user")
    groups = group_names(default=list, help_text="Groups to which all of these people are added")
    groupsAt = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=MOST_COLUMNS), max_length=MOST_COLUMNS, required=False,
        help_text="Columns with groups, counted from 0. Default: columns with a heading such as “group”",
    )  # fmt: skip
    equal = serializers.BooleanField(
        default=False, help_text="Remove people who are not in the class list, except hub admins"
    )
    dryRun = serializers.BooleanField(default=False, help_text="Change nothing")


class FoundShape(shapes.Shape):
    who = serializers.CharField(help_text="An email address or a user name")
    name = serializers.CharField(allow_blank=True)
    groups = serializers.ListField(child=serializers.CharField())


class LostShape(shapes.Shape):
    line = serializers.IntegerField()
    text = serializers.CharField()
    why = serializers.CharField()


class PlanShape(shapes.Shape):
    new = FoundShape(many=True)
    there = FoundShape(many=True, help_text="Already on the hub’s people list")
    gone = serializers.ListField(
        child=serializers.CharField(), help_text="On the hub’s people list, but not in this class list"
    )
    lost = LostShape(many=True, help_text="Lines that were not understood")
    complaint = serializers.CharField(
        allow_blank=True, help_text="Why the class list can’t be applied; empty if it can"
    )
    headings = serializers.ListField(child=serializers.CharField())


class RemovedShape(shapes.Shape):
    removed = serializers.IntegerField()


class UndoneShape(shapes.Shape):
    removed = serializers.IntegerField(help_text="Number of people removed again")
    restored = serializers.IntegerField(help_text="Number of people restored")


class ClassList(Endpoint):
    @does(Scope.OPERATE, reads=ClassListShape, gives=PlanShape)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Apply a class list. Valid lines are applied, the others are returned in `lost`. The answer shows what was
        changed, or with `dryRun` what would be."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        said = self.read(ClassListShape)
        reading = read(said["text"], class_lists.known_names(hub), said.get("groupsAt"))
        plan = class_lists.plan(hub, reading)
        if not said["dryRun"]:
            class_lists.apply(
                hub=hub, by=request.user, reading=reading, role=said["role"], groups=said["groups"],
                equal=said["equal"],
            )  # fmt: skip
        gone = [entry.called for entry in plan.gone]
        return {"new": plan.new, "there": plan.there, "gone": gone, "lost": plan.lost, "complaint": plan.complaint,
             "headings": reading.headings[:MOST_NAMED]}  # fmt: skip


class Removal(Endpoint):
    @does(Scope.OPERATE, reads=SeveralEntries, gives=RemovedShape)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Remove several people from the list at once. It can be undone."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        removed = class_lists.remove(hub=hub, by=request.user, entries=self.read(SeveralEntries)["entries"])
        return {"removed": removed}


class Undo(Endpoint):
    @does(Scope.OPERATE, gives=UndoneShape)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Undo the last class list, or the last removal of several people."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        removed, restored = class_lists.undo(hub=hub, by=request.user)
        return {"removed": removed, "restored": restored}
