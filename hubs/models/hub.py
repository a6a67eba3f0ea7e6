import secrets
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils import timezone

from hubs.language import lazy
from hubs.models.cluster import Cluster
from hubs.models.organization import Organization, Role
from hubs.models.person import User
from hubs.models.sentence_field import SentenceField, SentencesField
from hubs.models.spec_field import SpecField
from hubs.spec import HubSpec, hub_secrets
from hubs.spec.trees import Path, parted

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without characters that are easily confused


def new_uid() -> str:
    """Return 12 random characters, starting with a letter, valid in names, addresses and cluster objects."""
    return "h" + "".join(secrets.choice(ALPHABET) for _ in range(11))


class HubQuerySet(models.QuerySet["Hub"]):
    def visible_to(self, user: User) -> "HubQuerySet":
        """Staff see all hubs; others those of their organisations, and those that name them on the list or as admin."""
        self = self.filter(user.token.among("organization", "pk")) if user.token else self
        if user.is_staff:
            return self
        # Subqueries, because a join of a thousand hubs with the roster has tens of thousands of rows.
        mine = Q(organization__in=user.memberships.values("organization")) | Q(pk__in=user.roster.values("hub"))
        if address := user.verified_email:
            mine |= Q(pk__in=Hub.objects.filter(roster__email=address).values("pk"))
            mine |= Q(pk__in=Hub.objects.filter(named_admins__email=address).values("pk"))
        return self.filter(mine)

    def naming(self, user: User) -> "HubQuerySet":
        """Hubs with this person on the people list or as a named admin, not merely as a member of the organisation."""
        named = [Q(roster__user=user)]
        if address := user.verified_email:
            named += [Q(roster__email=address), Q(named_admins__email=address)]
        found = [Hub.objects.filter(one).order_by().values("pk") for one in named]  # one index each
        return self.filter(pk__in=found[0].union(*found[1:]))

    def alive(self) -> "HubQuerySet":
        return self.exclude(desired_state=Hub.Desired.RETIRED)

    def due(self, now: datetime, early: timedelta = timedelta(0)) -> "HubQuerySet":
        """Hubs that are due for reconciliation (or will be within `early`), and that no worker has leased."""
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        return self.filter(free, reconcile_after__lte=now + early, scheduled=False).order_by("reconcile_after")


class Hub(models.Model):
    """One JupyterHub. The row has the desired state (`desired_*`, `generation`) and the observed state (`observed_*`,
    `conditions`), which reconcile brings together. The revision has the spec; the slug never changes."""

    class Desired(models.TextChoices):
        RUNNING = "running", lazy("running")
        SUSPENDED = "suspended", lazy("suspended")
        RETIRED = "retired", lazy("retired")

    class Status(models.TextChoices):
        """The summary status; URGENCY below contains each of them."""

        SCHEDULED = "scheduled", lazy("Scheduled")
        CREATING = "creating", lazy("Creating")
        READY = "ready", lazy("Ready")
        UPDATING = "updating", lazy("Updating")
        SUSPENDING = "suspending", lazy("Suspending")
        SUSPENDED = "suspended", lazy("Suspended")
        REPAIRING = "repairing", lazy("Repairing")
        STALLED = "stalled", lazy("Stalled")
        UNKNOWN = "unknown", lazy("Unknown")
        RETIRING = "retiring", lazy("Retiring")
        RETIRED = "retired", lazy("Retired")

    # In the order of urgency for staff: problems first.
    URGENCY = (
        Status.STALLED, Status.UNKNOWN, Status.REPAIRING, Status.SCHEDULED, Status.CREATING, Status.READY,
        Status.UPDATING, Status.SUSPENDING, Status.SUSPENDED, Status.RETIRING, Status.RETIRED,
    )  # fmt: skip

    uid = models.CharField(max_length=20, unique=True, default=new_uid, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="hub_set")
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="hubs")
    slug = models.SlugField(max_length=40)
    title = models.CharField(max_length=100)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="hubs_created")
    created_at = models.DateTimeField(default=timezone.now)
    url = models.CharField(max_length=300, blank=True)

    # The desired state, written only by hubs.wake. Every change raises the generation (as in Kubernetes).
    desired_state = models.CharField(max_length=20, choices=Desired.choices, default=Desired.RUNNING)
    revision = models.ForeignKey("HubRevision", models.PROTECT, null=True, related_name="+")
    generation = models.PositiveIntegerField(default=1)
    # The version of a starting point that it was created from or last updated to.
    starting_version = models.ForeignKey("StartingPointVersion", models.PROTECT, null=True, related_name="hubs")
    # Copies from the spec, so that an organisation's usage is one SQL sum.
    seats = models.PositiveIntegerField(default=0)
    memory_mib = models.PositiveBigIntegerField(default=0)  # of all seats together
    storage_mib = models.PositiveBigIntegerField(default=0)  # of all heads together
    # Dates in the organisation's time zone. The calendar acts on `ends_on` (hubs/calendar/services/ending.py).
    starts_on = models.DateField(null=True)
    # Its first day is in the future: workers ignore it until then.
    scheduled = models.BooleanField(default=False, db_default=False)
    ends_on = models.DateField(null=True, db_index=True)
    ended_at = models.DateTimeField(
        null=True
    )  # when the calendar found that the last day is over; start of the grace period
    stopped_by_end = models.BooleanField(default=False)  # the calendar suspended it, so a later last day resumes it

    # The observed state, written by reconcile. `status` is also written with the desired state (decision 055).
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.CREATING, db_index=True)
    # The index of the status in URGENCY, generated by the database: an index can only sort by a column.
    urgency = models.GeneratedField(
        expression=Case(
            *(When(status=status, then=Value(place)) for place, status in enumerate(URGENCY)),
            default=Value(len(URGENCY)),
        ),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )
    observed_generation = models.PositiveIntegerField(default=0)
    conditions = SentencesField(default=list)
    servers = models.JSONField(null=True)  # None: the hub did not respond
    observed_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=32, blank=True)  # of everything observed; a fleet check compares it

    # More desired state. `restart_at` restarts the hub once; a pause keeps workers from reverting what staff try out.
    restart_at = models.DateTimeField(null=True)
    keep_files_until = models.DateTimeField(null=True)  # of a retired hub: volumes are kept until then; None: not kept
    paused_at = models.DateTimeField(null=True)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    pause_reason = SentenceField(blank=True)

    # Python code at the end of the hub's configuration (`hub.extraConfig` of the chart), by staff, for clusters only.
    extra_config = models.TextField(blank=True)

    # The schedule of reconciliation. `wakes` counts calls, so that releasing a lease never loses one.
    reconcile_after = models.DateTimeField(null=True, default=timezone.now, db_index=True)
    wakes = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)  # in a row; determines the back-off
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=40, blank=True)

    objects = HubQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slug"],
                condition=~Q(desired_state="retired") | Q(retired_at=None),
                name="one_living_hub_an_address",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "desired_state"]),
            # One index per list and order, so that a page reads only its own rows.
            models.Index(fields=["organization", "title", "id"], condition=Q(retired_at=None), name="hub_in_place"),
            models.Index(fields=["organization", "-created_at", "-id"], name="hub_newest_in_place"),
            models.Index(fields=["-created_at", "-id"], name="hub_newest"),
            models.Index(fields=["title", "id"], name="hub_by_title"),
            models.Index(fields=["urgency", "-failures", "title", "id"], name="hub_by_urgency"),
            models.Index(fields=["urgency", "title", "id"], name="hub_status_by_title"),
            models.Index(fields=["urgency", "-created_at", "-id"], name="hub_status_newest"),
            models.Index(fields=["-seats", "title", "id"], name="hub_largest"),
            models.Index(fields=["observed_at", "id"], name="hub_longest_unseen"),
            models.Index(fields=["organization", "-seats", "title", "id"], name="hub_largest_in_place"),
            models.Index(fields=["organization", "urgency", "title", "id"], name="hub_urgent_in_place"),
            models.Index(fields=["organization", "ends_on", "title", "id"], name="hub_ends_in_place"),
            models.Index(fields=["created_by", "ends_on"], name="hub_ends_of_maker"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def spec(self) -> HubSpec:
        if self.revision is None:  # only inside the transaction that creates the hub
            raise ValueError("this hub has no revision yet")
        return self.revision.spec

    @cached_property
    def secret_paths(self) -> list[Path]:
        """The paths, in the values, of the secrets that people entered."""
        names = self.secrets.filter(name__startswith=hub_secrets.TYPED).values_list("name", flat=True)
        return [parted(name.removeprefix(hub_secrets.TYPED)) for name in sorted(names)]

    @property
    def planned_people(self) -> int | None:
        """The requested number of people, for lists. None for an invalid stored spec, which must not break the list."""
        about = self.revision.data.get("about") if self.revision and isinstance(self.revision.data, dict) else None
        heads = about.get("heads", 30) if isinstance(about, dict) else None
        return heads if isinstance(heads, int) and 0 < heads < 10**6 else None

    @property
    def settled(self) -> bool:
        """Whether the last requested change has been applied."""
        return self.observed_generation == self.generation

    @property
    def is_retired(self) -> bool:
        return self.desired_state == self.Desired.RETIRED

    @property
    def is_suspended(self) -> bool:
        """Whether its desired state is suspended, by a person or by the calendar."""
        return self.desired_state == self.Desired.SUSPENDED

    def role_of(self, user: User, role: str | None = None) -> str:
        """Return this person's role in the hub: "admin", "user" or "" (no access). Used at sign-in.

        Organisation owners and admins are its admins, and so is the creator while they are an instructor. User names in
        the configuration count only for current members; other people are named by email address. `role`: their role in
        the organisation ("" for none), if it is already known.
        """
        if role is None:
            role = self.organization.memberships.filter(user=user).values_list("role", flat=True).first()
        names = {user.verified_email, user.username.lower() if role else ""} - {""}
        if role in (Role.OWNER, Role.ADMIN) or (role == Role.INSTRUCTOR and self.created_by_id == user.pk):
            return "admin"
        if names & set(self.spec.signIn.adminUsers):
            return "admin"
        entry = Q(user=user) | Q(email__in=[user.verified_email]) if user.verified_email else Q(user=user)
        return self.roster.filter(entry).order_by("role").values_list("role", flat=True).first() or ""


class HubRevision(models.Model):
    """An immutable spec that a hub has or had. A rollback is a new revision with the old spec."""

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    data = SpecField()
    message = SentenceField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    request = models.OneToOneField("ChangeRequest", models.PROTECT, null=True, related_name="result")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hub", "number"], name="one_revision_a_number")]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.hub} revision {self.number}"

    @cached_property
    def spec(self) -> HubSpec:
        return HubSpec.stored(self.data)


class HubPort(models.Model):
    """A port of the local runtime that is in use. The unique number is the lock."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="ports")
    number = models.PositiveIntegerField()
    hub = models.ForeignKey(Hub, models.CASCADE, related_name="ports")
    purpose = models.CharField(max_length=20)  # "public", "api", "hub"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "number"], name="one_hub_a_port"),
            models.UniqueConstraint(fields=["hub", "purpose"], name="one_port_a_purpose"),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.purpose} of {self.hub})"
