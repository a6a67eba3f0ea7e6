from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from hubs.content.rules import clone_words
from hubs.models.hub import Hub

CURRENT_FOR = timedelta(days=30)


class FailedCloneQuerySet(models.QuerySet["FailedClone"]):
    def current(self, hub: Hub, now: datetime) -> "FailedCloneQuerySet":
        """Recent failures of the hub's current repository."""
        return self.filter(hub=hub, content=content_key(hub), last_at__gt=now - CURRENT_FOR)


def content_key(hub: Hub) -> str:
    """Return what a failure belongs to: repository, branch and folder. Failures of other ones don't count."""
    content = hub.spec.singleuser.content
    return " ".join((content.repository, content.branch, content.folder))


class FailedClone(models.Model):
    """The repository for every home could not be cloned for this person, since `first_at`. A success deletes the row.

    The text comes from the person's server: short and plain (hubs.content.rules.clone_words), and always escaped.
    """

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="failed_clones")
    person = models.CharField(max_length=255)  # their name in the hub
    content = models.CharField(max_length=900)  # content_key at that time
    why = models.CharField(max_length=20)  # clone_words.Why
    detail = models.CharField(max_length=clone_words.LONGEST, blank=True)  # git's last output, for "other"
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    objects = FailedCloneQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hub", "person"], name="one_failed_clone_a_person")]

    def __str__(self) -> str:
        return f"{self.person} in {self.hub}: {self.why}"
