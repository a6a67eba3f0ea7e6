"""Who sees which of a hub's profiles."""

from typing import Any

from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.models import Scope
from hubs.user_limits.queries.offers import as_spelled, group_warnings, groups_of_person, groups_to_choose, seen


class WhoFilter(serializers.Serializer):
    person = serializers.CharField(max_length=254, required=False, help_text="As the hub knows them")
    group = serializers.CharField(max_length=100, required=False, help_text="Somebody in this group alone")


class QuestionShape(shapes.Shape):
    name = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())
    free = serializers.CharField(help_text="How the free answer is called; empty when there is none")
    first = serializers.CharField(help_text="What is chosen at first")


class CardShape(shapes.Shape):
    name = serializers.CharField()
    first = serializers.BooleanField(help_text="Chosen at first")
    questions = QuestionShape(many=True)


class HiddenShape(shapes.Shape):
    name = serializers.CharField(help_text="Of a profile, a choice or a free answer")
    groups = serializers.ListField(child=serializers.CharField(), help_text="For whom it is; empty: for nobody")


class GroupWarningShape(shapes.Shape):
    name = serializers.CharField(help_text="Of a profile, a choice or a free answer")
    message = serializers.CharField()


class SeenWhole(shapes.Shape):
    groups = serializers.ListField(child=serializers.CharField(), help_text="In which the hub knows them")
    incomplete = serializers.BooleanField(help_text="The sign-in may add groups that the portal does not know")
    profiles = CardShape(many=True, source="cards", help_text="In the order of the hub’s page")
    hidden = HiddenShape(many=True, help_text="Not offered; of a profile that is not offered, the profile alone")

    warnings = GroupWarningShape(many=True, help_text="What is worth a second look")


class Profiles(Endpoint):
    @does(Scope.READ, gives=SeenWhole, parameters=[WhoFilter])
    def get(self, request: SignedIn, uid: str) -> Any:
        """Which profiles and choices a person, or somebody in a group, is offered before their server starts. Without
        either: somebody in no group. The hub checks the same rule again when a server starts. To ask about a person
        takes the right to read the hub's list."""
        said = filters.chosen(request, WhoFilter)
        person, group = said.get("person", "").lower(), said.get("group", "")
        hub = access.hub(request.user, uid, Permission.OPERATE if person else Permission.CONFIGURATION)
        if group:
            of_list = Permission.OPERATE in access.may(request.user, hub)
            group = as_spelled(group, groups_to_choose(hub, of_list=of_list))
        told = seen(hub, groups_of_person(hub, person) if person else [group] if group else [])
        warnings = group_warnings(hub.spec.singleuser.profileList, hub.spec.signIn, hub)
        return {**vars(told), "warnings": warnings}
