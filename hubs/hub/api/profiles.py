"""The server options (profiles) that people see in a hub."""

from typing import Any

from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.models import Scope
from hubs.user_limits.queries.offers import as_spelled, group_warnings, groups_of_person, groups_to_choose, seen


class WhoFilter(serializers.Serializer):
    person = serializers.CharField(max_length=254, required=False, help_text="User name in the hub")
    group = serializers.CharField(max_length=100, required=False, help_text="A person who is only in this group")


class QuestionShape(shapes.Shape):
    name = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())
    free = serializers.CharField(help_text="Label of the free-text choice; empty if there is none")
    first = serializers.CharField(help_text="The default choice")


class CardShape(shapes.Shape):
    name = serializers.CharField()
    first = serializers.BooleanField(help_text="Whether it is the default")
    questions = QuestionShape(many=True)


class HiddenShape(shapes.Shape):
    name = serializers.CharField(help_text="Name of a profile, a choice or a free-text choice")
    groups = serializers.ListField(child=serializers.CharField(), help_text="Groups that see it; empty: no one")


class GroupWarningShape(shapes.Shape):
    name = serializers.CharField(help_text="Name of a profile, a choice or a free-text choice")
    message = serializers.CharField()


class SeenWhole(shapes.Shape):
    groups = serializers.ListField(child=serializers.CharField(), help_text="The person’s groups")
    incomplete = serializers.BooleanField(
        help_text="Whether the sign-in method may add groups that the portal does not know"
    )
    profiles = CardShape(many=True, source="cards", help_text="In the order of the hub’s spawn page")
    hidden = HiddenShape(many=True, help_text="Not available; a hidden profile is listed without its choices")

    warnings = GroupWarningShape(many=True, help_text="Possible mistakes")


class Profiles(Endpoint):
    @does(Scope.READ, gives=SeenWhole, parameters=[WhoFilter])
    def get(self, request: SignedIn, uid: str) -> Any:
        """Get the profiles and choices that a person, or a person in a group, sees before their server starts; by
        default a person in no group. The hub checks the same rules again when a server starts. `person` requires
        permission to read the hub's people list."""
        said = filters.chosen(request, WhoFilter)
        person, group = said.get("person", "").lower(), said.get("group", "")
        hub = access.hub(request.user, uid, Permission.OPERATE if person else Permission.CONFIGURATION)
        if group:
            of_list = Permission.OPERATE in access.may(request.user, hub)
            group = as_spelled(group, groups_to_choose(hub, of_list=of_list))
        told = seen(hub, groups_of_person(hub, person) if person else [group] if group else [])
        warnings = group_warnings(hub.spec.singleuser.profileList, hub.spec.signIn, hub)
        return {**vars(told), "warnings": warnings}
