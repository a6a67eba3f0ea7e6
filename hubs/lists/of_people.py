"""Filters of lists of people and of organisations."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from hubs.language import lazy
from hubs.lists import filtering
from hubs.models import Membership, Organization, RosterEntry
from hubs.roster.rules.group_names import LONGEST
from hubs.spec.offers import group_key


class MemberFilters(filtering.ListFilters):
    q = filtering.words("Part of a name, user name or email address", shortened=True)
    role = filtering.text("role", lazy("Role"), "Exactly this role")

    class Meta:
        model = Membership
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Membership], name: str, words: str) -> QuerySet[Membership]:
        return rows.filter(
            Q(user__name__icontains=words) | Q(user__username__icontains=words) | Q(user__email__icontains=words)
        )


class RosterFilters(filtering.ListFilters):
    q = filtering.words("Part of a name, user name, email address or group", shortened=True)
    role = django_filters.ChoiceFilter(choices=RosterEntry.Role.choices)
    group = django_filters.CharFilter(
        method="by_group", max_length=LONGEST, help_text="The full name of a group, ignoring case and extra spaces"
    )

    class Meta:
        model = RosterEntry
        fields: list[str] = []

    def by_words(self, rows: QuerySet[RosterEntry], name: str, words: str) -> QuerySet[RosterEntry]:
        person = Q(user__username__icontains=words) | Q(user__name__icontains=words)
        entry = Q(email__icontains=words) | Q(name__icontains=words)
        groups = RosterEntry.objects.filter(groups__key__contains=group_key(words)).values("pk")
        return rows.filter(person | entry | Q(pk__in=groups))

    def by_group(self, rows: QuerySet[RosterEntry], name: str, group: str) -> QuerySet[RosterEntry]:
        return rows.filter(groups__key=group_key(group))


class OrganizationFilters(filtering.ListFilters):
    q = filtering.words("Part of the name", shortened=True)

    class Meta:
        model = Organization
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Organization], name: str, words: Any) -> QuerySet[Organization]:
        return rows.filter(name__icontains=words)
