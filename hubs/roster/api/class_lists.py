"""A whole class list, as people have it: what it changes, the change, and the way back."""

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
        help_text="The list as Canvas, Moodle, a spreadsheet or an e-mail has it",
    )  # fmt: skip
    role = serializers.ChoiceField(RosterEntry.Role.choices, default="user")
    groups = group_names(default=list, help_text="Groups that all of these people come into")
    groupsAt = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=MOST_COLUMNS), max_length=MOST_COLUMNS, required=False,
        help_text="The columns of groups, from 0; absent: those whose heading says so",
    )  # fmt: skip
    equal = serializers.BooleanField(default=False, help_text="Take off whoever is not in the list, but for hub admins")
    dryRun = serializers.BooleanField(default=False, help_text="Change nothing")


class FoundShape(shapes.Shape):
    who = serializers.CharField(help_text="An address or a user name")
    name = serializers.CharField(allow_blank=True)
    groups = serializers.ListField(child=serializers.CharField())


class LostShape(shapes.Shape):
    line = serializers.IntegerField()
    text = serializers.CharField()
    why = serializers.CharField()


class PlanShape(shapes.Shape):
    new = FoundShape(many=True)
    there = FoundShape(many=True, help_text="On the hub’s list already")
    gone = serializers.ListField(child=serializers.CharField(), help_text="On the hub’s list and not in this one")
    lost = LostShape(many=True, help_text="Lines that were not understood")
    complaint = serializers.CharField(allow_blank=True, help_text="Why the list can’t be taken; empty when it can")
    headings = serializers.ListField(child=serializers.CharField())


class RemovedShape(shapes.Shape):
    removed = serializers.IntegerField()


class UndoneShape(shapes.Shape):
    removed = serializers.IntegerField(help_text="How many were taken off again")
    restored = serializers.IntegerField(help_text="How many were put back")


class ClassList(Endpoint):
    @does(Scope.OPERATE, reads=ClassListShape, gives=PlanShape)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Take a class list: good lines count, the others are named. The answer says what it changed, or with `dryRun`
        what it would."""
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
        """Take several people off the list at once; it can be undone."""
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
