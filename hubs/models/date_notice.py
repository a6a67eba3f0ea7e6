from django.db import models
from django.utils import timezone

from hubs.language import lazy
from hubs.models.hub import Hub


class DateNotice(models.Model):
    """A notice about dates that was sent to the people who operate a hub. A change of the last day deletes the rows.

    The unique row is the lock, so two workers send one notice. Mails go out as all others (notify.services.notifying).
    """

    class Kind(models.TextChoices):
        IN_30 = "in-30", lazy("30 days before the last day")
        IN_7 = "in-7", lazy("7 days before the last day")
        IN_1 = "in-1", lazy("1 day before the last day")
        ENDED = "ended", lazy("after the last day")
        RETIRING = "retiring", lazy("7 days before it is retired")
        RETIRED = "retired", lazy("when it was retired")

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="date_notices")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hub", "kind"], name="one_date_notice_a_kind")]

    def __str__(self) -> str:
        return f"{self.hub}: {self.get_kind_display()}"
