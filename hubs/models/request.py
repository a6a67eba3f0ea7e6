import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.dates import WEEKDAYS

from hubs.crypto import EncryptedTextField
from hubs.language import _, calendar_day, lazy_within
from hubs.models.cluster import Cluster
from hubs.models.hub import Hub, HubRevision
from hubs.models.organization import Organization, Role
from hubs.models.person import User
from hubs.models.sentence_field import SentenceField, SentencesField
from hubs.models.spec_field import SpecField
from hubs.requests.rules import OPEN, State
from hubs.spec import HubSpec

DAYS_BY_NAME = 6  # more recent days are shown as weekdays


class ChangeRequestQuerySet(models.QuerySet["ChangeRequest"]):
    def visible_to(self, user: User) -> "ChangeRequestQuerySet":
        """Staff see all submitted requests; others their own, and as owner or admin those of the organisation.

        Only its author sees a draft that was never submitted.
        """
        self = self.filter(user.token.among("organization", "hub")) if user.token else self
        mine = models.Q(requester=user)
        if user.is_staff:
            return self.filter(mine | ~models.Q(submitted_at=None))
        runs = user.memberships.filter(role__in=[Role.OWNER, Role.ADMIN]).values("organization")
        still = models.Q(organization__in=user.memberships.values("organization"))
        return self.filter((mine & still) | (models.Q(organization__in=runs) & ~models.Q(submitted_at=None)))

    @staticmethod
    def only_opened() -> models.Q:
        """Drafts of changes in which nothing was entered yet: someone opened the form. No list shows them."""
        secrets = RequestSecret.objects.filter(request=models.OuterRef("pk"))
        unsaved = models.Q(kind=ChangeRequest.Kind.CHANGE, state=State.DRAFT, version=0)
        return unsaved & models.Q(~models.Exists(secrets))

    def begun(self) -> "ChangeRequestQuerySet":
        """All that lists show."""
        return self.exclude(self.only_opened())

    def open(self) -> "ChangeRequestQuerySet":
        return self.filter(state__in=OPEN)

    def waiting(self) -> "ChangeRequestQuerySet":
        """The staff queue, oldest first."""
        return self.filter(state=State.SUBMITTED).order_by("submitted_at", "pk")

    def decidable_by(self, user: User) -> "ChangeRequestQuerySet":
        """The queue of a staff member: without requests that they made or edited, with any account. Two queries."""
        people = user.people_behind() | {user.pk}
        steps = RequestContributor.objects.filter(request=models.OuterRef("pk"), person__in=people)
        own = models.Exists(steps.exclude(step=RequestContributor.Step.DECIDE))
        return self.waiting().exclude(requester__in=people).exclude(own)


class ChangeRequest(models.Model):
    """A request: every change of a hub is one. While it is open, `draft` has the answers as typed; `spec` is the
    requested configuration."""

    class Kind(models.TextChoices):
        CREATE = "create", lazy_within("type of request", "New hub")
        CHANGE = "change", lazy_within("type of request", "Change")
        RETIRE = "retire", lazy_within("type of request", "Retire")

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="requests")
    hub = models.ForeignKey(Hub, models.PROTECT, null=True, blank=True, related_name="requests")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(
        max_length=12, choices=[(s.value, s.value.title()) for s in State], default=State.DRAFT, db_index=True
    )
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="requests")
    copied_from = models.ForeignKey(Hub, models.SET_NULL, null=True, related_name="+")
    copy_people = models.BooleanField(default=False)  # the people list is copied when the hub is created
    starting_point = models.CharField(max_length=40, blank=True)
    # The version that a new hub starts with, or that a change updates to.
    starting_version = models.ForeignKey("StartingPointVersion", models.PROTECT, null=True, related_name="+")
    title = models.CharField(max_length=100, blank=True)  # copy of the spec's, for lists
    slug = models.CharField(max_length=40, blank=True)
    draft = models.JSONField(default=dict)
    spec_data = SpecField(null=True)
    asked_data = SpecField(null=True)  # the spec as submitted, if staff approved other numbers
    reason = models.TextField(blank=True, max_length=4000)
    base_revision = models.ForeignKey(HubRevision, models.PROTECT, null=True, related_name="+")
    content_hash = models.CharField(max_length=64, blank=True)  # of what is approved
    policy = SentencesField(default=dict)  # result of the policy: {"routine": bool, "findings": [...]}
    version = models.PositiveIntegerField(default=0)  # raised by every write, to detect a stale page
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, db_index=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decision = SentenceField(blank=True)  # the reason given to the requester, by staff or the portal

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
        indexes = [  # one per list and order
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
        """Return whether a person behind this account requested or edited this, and so must not decide on it. At most
        three queries."""
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
        """Whether staff requested changes."""
        return self.state == State.RETURNED

    @property
    def name(self) -> str:
        """The name in lists and mails: its title, or its starting point and day: "Untitled hub (Class), started
        Monday". Lists load `starting_version__point`."""
        if self.title:
            return self.title
        begun, today = timezone.localtime(self.created_at), timezone.localtime()
        recent = (today.date() - begun.date()).days < DAYS_BY_NAME
        day = WEEKDAYS[begun.weekday()] if recent else calendar_day(begun)
        if self.starting_point == "copy":
            return _("Untitled copied hub, started {day}", day=day)
        if self.starting_point == "import":
            return _("Untitled imported hub, started {day}", day=day)
        if self.starting_version is None:
            return _("Untitled, started {day}", day=day)
        return _(
            "Untitled hub ({starting_point}), started {day}", starting_point=self.starting_version.point.name, day=day
        )

    @property
    def spec(self) -> HubSpec | None:
        return HubSpec.stored(self.spec_data) if self.spec_data else None

    @property
    def place(self) -> Cluster:
        """The cluster of its hub, or of the hub to be created."""
        return (self.hub or self.organization).cluster

    @property
    def asked(self) -> HubSpec | None:
        """The spec as submitted, if staff approved other numbers; else None."""
        return HubSpec.stored(self.asked_data) if self.asked_data else None

    @property
    def hidden(self) -> frozenset[str]:
        """Paths that its form does not show, because its starting point sets them. A later change shows all of them."""
        begins = self.kind == self.Kind.CREATE and not self.copied_from_id
        return self.starting_version.hidden if begins and self.starting_version else frozenset()


class RequestReturn(models.Model):
    """Staff requested changes: the reason, and the request's content at that time."""

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="returns")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")  # None: the portal
    reason = SentenceField()
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
    """A person responsible for a step of a request, and the account and token used: their own, or a service account's.
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
    account = models.CharField(max_length=150)  # user name that was used: the person's, or a service account's
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
    """A secret that a person entered for a hub: stored here, encrypted, until the request is approved."""

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
    """A comment on a request. Only staff see internal ones."""

    request = models.ForeignKey(ChangeRequest, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    internal = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]
