from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.language import lazy
from hubs.models.hub import Hub
from hubs.models.request import ChangeRequest
from hubs.models.sentence_field import SentenceField


class ProvisioningRunQuerySet(models.QuerySet["ProvisioningRun"]):
    def finished_like(self, run: "ProvisioningRun", most: int = 20) -> "ProvisioningRunQuerySet":
        """The latest successful runs of this kind in the same cluster, to estimate the usual duration."""
        same = self.filter(kind=run.kind, result="succeeded", hub__cluster=run.hub.cluster_id)
        return same.order_by("-finished_at")[:most]


class ProvisioningRun(models.Model):
    """One attempt to bring a hub to its desired state. Written only by reconcile."""

    class Kind(models.TextChoices):
        CREATE = "create", lazy("Create")
        CHANGE = "change", lazy("Change")
        SUSPEND = "suspend", lazy("Suspend")
        RESUME = "resume", lazy("Resume")
        RETIRE = "retire", lazy("Retire")
        REPAIR = "repair", lazy("Repair")

    class Result(models.TextChoices):
        RUNNING = "running", lazy("Running")
        SUCCEEDED = "succeeded", lazy("Done")
        FAILED = "failed", lazy("Failed")
        SUPERSEDED = "superseded", lazy("Superseded")

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    generation = models.PositiveIntegerField()
    request = models.ForeignKey(ChangeRequest, models.SET_NULL, null=True, related_name="runs")
    note = SentenceField(blank=True)  # what it is about: "Memory per person: 1 GiB -> 2 GiB"
    result = models.CharField(max_length=12, choices=Result.choices, default=Result.RUNNING)
    message = SentenceField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = ProvisioningRunQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["hub"], condition=Q(result="running"), name="one_open_run_a_hub")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.hub}"

    @property
    def has_failed(self) -> bool:
        return self.result == self.Result.FAILED


class RunStep(models.Model):
    """One step of a run, as shown on the timeline."""

    class State(models.TextChoices):
        RUNNING = "running", lazy("Running")
        WAITING = "waiting", lazy("Waiting")
        DONE = "done", lazy("Done")
        FAILED = "failed", lazy("Failed")

    run = models.ForeignKey(ProvisioningRun, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=40)
    title = SentenceField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    attempts = models.PositiveIntegerField(default=1)
    message = SentenceField(blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["started_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="one_step_a_name")]

    def __str__(self) -> str:
        return self.title

    @property
    def has_begun(self) -> bool:
        return self.state != self.State.WAITING or self.finished_at is not None
