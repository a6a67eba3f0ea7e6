import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from hubs.crypto import EncryptedTextField
from hubs.models.cluster import Cluster
from hubs.models.hub import Hub, HubRevision
from hubs.models.organization import Organization, Role
from hubs.models.person import User
from hubs.models.spec_field import SpecField
from hubs.requests.rules import OPEN, State
from hubs.spec import HubSpec

DAYS_BY_NAME = 6  # a day of the last week is called by its weekday
BEGUN_AS = {"copy": "copied", "import": "imported"}  # what is no starting point


class ChangeRequestQuerySet(models.QuerySet["ChangeRequest"]):
    def visible_to(self, user: User) -> "ChangeRequestQuerySet":
        """Staff see all that was ever sent; others their own, and as owner or admin those of the organisation.

        A draft is its author's until it is sent.
        """
        self = self.filter(user.token.among("organization", "hub")) if user.token else self
        mine = models.Q(requester=user)
        if user.is_staff:
            return self.filter(mine | ~models.Q(submitted_at=None))
        runs = user.memberships.filter(role__in=[Role.OWNER, Role.ADMIN]).values("organization")
        still = models.Q(organization__in=user.memberships.values("organization"))
        return self.filter((mine & still) | (models.Q(organization__in=runs) & ~models.Q(submitted_at=None)))

    def open(self) -> "ChangeRequestQuerySet":
        return self.filter(state__in=OPEN)

    def waiting(self) -> "ChangeRequestQuerySet":
        """The staff queue, oldest first."""
        return self.filter(state=State.SUBMITTED).order_by("submitted_at", "pk")

    def decidable_by(self, user: User) -> "ChangeRequestQuerySet":
        """The queue of one of staff: without what they asked for or edited, by whatever account. Two queries."""
        people = user.people_behind() | {user.pk}
        steps = RequestContributor.objects.filter(request=models.OuterRef("pk"), person__in=people)
        own = models.Exists(steps.exclude(step=RequestContributor.Step.DECIDE))
        return self.waiting().exclude(requester__in=people).exclude(own)

    def next_after(self, row: "ChangeRequest", user: User) -> "ChangeRequest | None":
        """The request that this one of staff decides on after that one: the next in the queue, else its first. Its
        `uid` and `title` alone."""
        queue = self.decidable_by(user).exclude(pk=row.pk).only("uid", "title")
        at = row.submitted_at
        later = models.Q(submitted_at__gt=at) | models.Q(submitted_at=at, pk__gt=row.pk) if at else models.Q(pk=None)
        return queue.filter(later).first() or queue.first()


class ChangeRequest(models.Model):
    """Every change of a hub is one. While it is open `draft` holds what was typed; `spec` is what was asked for."""

    class Kind(models.TextChoices):
        CREATE = "create", "New hub"
        CHANGE = "change", "Change"
        RETIRE = "retire", "Retire"

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="requests")
    hub = models.ForeignKey(Hub, models.PROTECT, null=True, blank=True, related_name="requests")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(
        max_length=12, choices=[(s.value, s.value.title()) for s in State], default=State.DRAFT, db_index=True
    )
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="requests")
    copied_from = models.ForeignKey(Hub, models.SET_NULL, null=True, related_name="+")
    copy_people = models.BooleanField(default=False)  # its list comes along when the hub is made
    starting_point = models.CharField(max_length=40, blank=True)
    # For a new hub what it begins with, for a change what it takes over.
    starting_version = models.ForeignKey("StartingPointVersion", models.PROTECT, null=True, related_name="+")
    title = models.CharField(max_length=100, blank=True)  # copy of the spec's, for lists
    slug = models.CharField(max_length=40, blank=True)
    draft = models.JSONField(default=dict)
    spec_data = SpecField(null=True)
    asked_data = SpecField(null=True)  # the spec as it was sent, where staff approved other numbers
    reason = models.TextField(blank=True, max_length=4000)
    base_revision = models.ForeignKey(HubRevision, models.PROTECT, null=True, related_name="+")
    content_hash = models.CharField(max_length=64, blank=True)  # of what approval binds to
    policy = models.JSONField(default=dict)  # what the policy found: {"routine": bool, "findings": [...]}
    version = models.PositiveIntegerField(default=0)  # raised by every write; tells a stale page
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, db_index=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decision = models.TextField(blank=True)  # the reason given to the requester

    objects = ChangeRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                condition=models.Q(kind="create", state__in=[State.SUBMITTED, State.RETURNED]),
                name="one_request_an_address",
            )
        ]
        indexes = [  # the lists, each in its order
            models.Index(fields=["-updated_at", "-id"], name="request_updated"),
            models.Index(fields=["-created_at", "-id"], name="request_newest"),
            models.Index(fields=["title", "id"], name="request_by_title"),
            models.Index(fields=["state", "submitted_at", "id"], name="request_queue"),
            models.Index(fields=["requester", "-updated_at", "-id"], name="request_of_person"),
            models.Index(fields=["requester", "state", "-updated_at"], name="request_to_finish"),
            models.Index(fields=["requester", "-created_at", "-id"], name="request_newest_of_person"),
            models.Index(fields=["organization", "-updated_at", "-id"], name="request_in_place"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name}"

    def asked_for_by(self, user: User) -> bool:
        """Did somebody ask for this, or edit it, who stands behind this account? Then it is not theirs to decide.
        At most three queries."""
        people = user.people_behind() | {user.pk}
        return (
            self.requester_id in people
            or self.contributors.filter(person__in=people).exclude(step=RequestContributor.Step.DECIDE).exists()
        )

    @property
    def is_change(self) -> bool:
        return self.kind == self.Kind.CHANGE

    @property
    def is_retirement(self) -> bool:
        return self.kind == self.Kind.RETIRE

    @property
    def is_returned(self) -> bool:
        """Whether staff asked for something before they decide."""
        return self.state == State.RETURNED

    @property
    def name(self) -> str:
        """What lists and mails call it: its title, or of which kind it is and since when: "Untitled class hub, begun
        Monday"."""
        if self.title:
            return self.title
        begun, today = timezone.localtime(self.created_at), timezone.localtime()
        day = f"{begun:%A}" if (today.date() - begun.date()).days < DAYS_BY_NAME else f"{begun:%-d %B %Y}"
        what = BEGUN_AS.get(self.starting_point, self.starting_point.replace("-", " "))
        said = {"what": what, "day": day}
        return (
            gettext("Untitled %(what)s hub, started %(day)s") % said
            if what
            else gettext("Untitled, started %(day)s") % said
        )

    @property
    def spec(self) -> HubSpec | None:
        return HubSpec.stored(self.spec_data) if self.spec_data else None

    @property
    def place(self) -> Cluster:
        """Where its hub lives, or will."""
        return (self.hub or self.organization).cluster

    @property
    def asked(self) -> HubSpec | None:
        """What it asked for, where staff approved other numbers; else None."""
        return HubSpec.stored(self.asked_data) if self.asked_data else None

    @property
    def hidden(self) -> frozenset[str]:
        """Paths that its form does not ask, because its starting point answers them. Not a lock: a change asks all."""
        begins = self.kind == self.Kind.CREATE and not self.copied_from_id
        return self.starting_version.hidden if begins and self.starting_version else frozenset()


class RequestReturn(models.Model):
    """That a request was returned for changes: with which words, and what it asked for then."""

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="returns")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")  # None: the portal
    reason = models.TextField()
    spec_data = SpecField(null=True)
    slug = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.request}, returned"

    @property
    def spec(self) -> HubSpec | None:
        return HubSpec.stored(self.spec_data) if self.spec_data else None


class RequestContributor(models.Model):
    """A person who stood behind a step of a request, and how: as themselves, by a service account, with a token.
    Written by hubs.requests.services.contributors, never removed."""

    class Step(models.TextChoices):
        START = "start", "Started it"
        SAVE = "save", "Edited it"
        SECRET = "secret", "Set a secret"
        SUBMIT = "submit", "Submitted it"
        TAKE_OVER = "take_over", "Took it over"
        DECIDE = "decide", "Decided on it"

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="contributors")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    step = models.CharField(max_length=10, choices=Step.choices)
    account = models.CharField(max_length=150)  # user name as which it was done: the person's, or a service account's
    token = models.CharField(max_length=20, blank=True)  # prefix of the token; "" in the browser
    at = models.DateTimeField(default=timezone.now)  # the first time

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "person", "step", "account", "token"], name="one_contributor_a_step"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.step}"


class RequestSecret(models.Model):
    """A secret that somebody typed for a hub: it waits here, encrypted, until the request is approved."""

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="secrets")
    path = models.CharField(max_length=190)  # in values, with dots
    value = EncryptedTextField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "path"], name="one_secret_a_path")]

    def __str__(self) -> str:
        return f"{self.path} of {self.request}"


class RequestComment(models.Model):
    """A word on a request. Internal ones are seen by staff only."""

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    internal = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]
