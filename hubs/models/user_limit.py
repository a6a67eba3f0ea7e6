from collections.abc import Iterable
from datetime import datetime
from functools import cached_property, reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from hubs.language import _, lazy
from hubs.models.classroom import RosterGroup
from hubs.models.hub import Hub
from hubs.models.person import User
from hubs.requests.rules import State
from hubs.user_limits.rules import EVERYBODY, GROUP, MEASURES, PERSON, ROLE_GROUPS, Rule, in_words, role_groups


class UserLimitQuerySet(models.QuerySet["UserLimit"]):
    def living(self) -> "UserLimitQuerySet":
        """Rules that are in force or need review by staff."""
        return self.filter(ended_at=None)

    def waiting(self) -> "UserLimitQuerySet":
        return self.filter(ended_at=None, since=None)

    def asked(self) -> "UserLimitQuerySet":
        """Rules that were requested from staff, with `changed`, the time of the last step of the request."""
        decided = Case(When(since__gt=F("made_at"), then=F("since")), default=Coalesce("ended_at", "made_at"))
        return self.filter(Q(since=None) | Q(since__gt=F("made_at"))).annotate(changed=decided)

    def in_states(self, states: Iterable[str]) -> "UserLimitQuerySet":
        """Requested rules in these states of a request, as `UserLimit.state` has them."""
        over = Q(since=None, ended_at__isnull=False)
        refused = Q(ended_by__is_staff=True) & ~Q(ended_by=F("author"))
        found = {
            State.SUBMITTED: Q(since=None, ended_at=None), State.APPROVED: Q(since__isnull=False),
            State.REJECTED: over & refused, State.WITHDRAWN: over & (Q(ended_by=None) | ~refused),
        }  # fmt: skip
        return self.filter(reduce(or_, (found[State(one)] for one in states if one in found), Q(pk=None)))

    def decidable_by(self, user: User) -> "UserLimitQuerySet":
        """The requests that this staff member can decide: none that they made, with any account. Oldest first."""
        people = user.people_behind() | {user.pk}
        own = self.model.asked_by.through.objects.filter(userlimit=OuterRef("pk"), user__in=people)
        return self.waiting().exclude(author__in=people).exclude(Exists(own)).order_by("made_at", "pk")

    def counting(self, now: datetime) -> "UserLimitQuerySet":
        return self.filter(Q(until=None) | Q(until__gt=now), ended_at=None, since__lte=now)

    def run_out(self, now: datetime) -> "UserLimitQuerySet":
        """Expired rules that are not yet marked as ended."""
        return self.filter(ended_at=None, until__lte=now)

    def spelled(self) -> "UserLimitQuerySet":
        """With the names of groups as written in the people list, so that `subject` needs no query per rule."""
        groups = RosterGroup.objects.filter(hub=OuterRef("hub"), key=OuterRef("name")).values("name")[:1]
        return self.annotate(as_written=Subquery(groups))


class UserLimit(models.Model):
    """A user limit in one hub: for everyone, a group of its people list, or one person. An empty measure is not limited
    by this rule. Rules are never edited but replaced, so that the history is preserved."""

    class Kind(models.TextChoices):
        PERSON = PERSON, lazy("One person")
        GROUP = GROUP, lazy("A group")
        EVERYBODY = EVERYBODY, lazy("Everyone")

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="user_limits")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=254, blank=True)  # the person's, in lower case, or the group's key; or ""
    memory_mib = models.PositiveIntegerField(null=True)
    cpu = models.FloatField(null=True)  # cores
    gpus = models.PositiveSmallIntegerField(null=True)
    storage_mib = models.PositiveIntegerField(null=True)
    servers = models.PositiveSmallIntegerField(null=True)
    reason = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_by = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")  # the people behind it
    made_at = models.DateTimeField(default=timezone.now)
    since = models.DateTimeField(null=True)  # in force since; None: above the limit, needs review
    allowed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # The rule that this one replaces when staff allow it.
    instead_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    until = models.DateTimeField(null=True)  # expires then
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = UserLimitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=EVERYBODY, name="") | (~Q(kind=EVERYBODY) & ~Q(name="")), name="a_rule_is_for_somebody"
            ),
            models.CheckConstraint(
                condition=Q(memory_mib__isnull=False)
                | Q(cpu__isnull=False)
                | Q(gpus__isnull=False)
                | Q(storage_mib__isnull=False)
                | Q(servers__isnull=False),
                name="a_rule_says_something",
            ),
        ]
        indexes = [
            models.Index(fields=["hub", "ended_at"]),
            models.Index(fields=["until"], condition=Q(ended_at=None), name="user_limits_that_end"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.words}"

    @property
    def state(self) -> State:
        """The state of the request, of a rule that was requested from staff."""
        if self.since or self.ended_at is None:
            return State.APPROVED if self.since else State.SUBMITTED
        refused = self.ended_by is not None and self.ended_by.is_staff and self.ended_by_id != self.author_id
        return State.REJECTED if refused else State.WITHDRAWN

    @property
    def is_personal(self) -> bool:
        return self.kind == self.Kind.PERSON

    def asked_for_by(self, user: User) -> bool:
        """Return whether a person behind this account requested it, and so must not decide on it."""
        people = user.people_behind() | {user.pk}
        return self.author_id in people or self.asked_by.filter(pk__in=people).exists()

    @property
    def values(self) -> dict[str, float]:
        """The limits, by measure."""
        said = {name: getattr(self, name) for name in MEASURES}
        return {name: value for name, value in said.items() if value is not None}

    @property
    def subject(self) -> str:
        """Whom it applies to, in words."""
        if self.kind == EVERYBODY:
            return _("everyone")
        if self.kind == GROUP:
            return role_groups().get(self.name) or _("the group {group}", group=self.written)
        return self.name

    @cached_property
    def written(self) -> str:
        """The name; of a group as written in the people list, if it is still there. `spelled` saves the query."""
        if self.kind != GROUP or self.name in ROLE_GROUPS:
            return self.name
        if "as_written" in self.__dict__:
            return self.__dict__["as_written"] or self.name
        return self.hub.roster_groups.filter(key=self.name).values_list("name", flat=True).first() or self.name

    @property
    def words(self) -> str:
        """The limits, in words: "Memory 4 GiB, CPU 2 cores"."""
        return in_words(self.values)

    def as_rule(self) -> Rule:
        return Rule(self.pk, self.kind, self.name, self.values, self.since, self.until, self.ended_at)
