import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from hubs.language import lazy
from hubs.models.organization import Invitation, Organization
from hubs.models.person import User
from hubs.models.sentence_field import SentenceField
from hubs.notify.rules.audience import HOW_WORDS, KINDS, How


class MailQuerySet(models.QuerySet["Mail"]):
    def open(self) -> "MailQuerySet":
        """Mails that are neither sent nor dropped."""
        return self.filter(sent_at=None, dropped_at=None)

    def due(self, now: datetime) -> "MailQuerySet":
        return self.open().filter(due_at__lte=now)


class Mail(models.Model):
    """One mail to one person: an outbox. Its text is rendered when it is sent.

    The sending worker first moves `due_at` forward with a conditional UPDATE: only one worker succeeds, and if it dies,
    the mail becomes due again. So it is sent at least once, and duplicates have the same Message-ID (from `uid`).
    """

    class Kind(models.TextChoices):
        NOTICE = "notice", lazy("Notification")
        DIGEST = "digest", lazy("Daily email")
        INVITATION = "invitation", lazy("Invitation")

    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="mails")
    to = models.EmailField(blank=True)  # if set, used instead of the person's address: their previous one
    day = models.DateField(null=True)  # of a daily mail, in the reader's time zone
    invitation = models.OneToOneField(Invitation, models.CASCADE, null=True, related_name="mail")
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)  # obsolete, without a recipient, or failed permanently
    problem = SentenceField(blank=True)  # why it was not sent, or was dropped

    objects = MailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "day"], condition=Q(kind="digest"), name="one_daily_mail_a_day"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(sent_at=None, dropped_at=None), name="mail_open"),
            models.Index(fields=["made_at"], name="mail_made"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: User) -> "NotificationQuerySet":
        """The user's own; with a bound token, only those about its organisation or hub."""
        mine = self.filter(person=user)
        if user.token and user.token.hub:
            return mine.filter(hub=user.token.hub.uid)
        if user.token and user.token.organization:
            return mine.filter(organization=user.token.organization.slug)
        return mine

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)

    def for_digest(self) -> "NotificationQuerySet":
        """Notifications for the next daily mail."""
        return self.filter(how=How.DAILY, mail=None, read_at=None)


class Notification(models.Model):
    """A notification of one person about one event. Stored for some months (notifying.KEPT), longer than the event."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    event = models.UUIDField()  # uid of the event
    type = models.CharField(max_length=50)
    kind = models.CharField(max_length=20, choices=[(kind.name, kind.title) for kind in KINDS.values()])
    title = SentenceField()
    text = SentenceField(blank=True)
    button = SentenceField()
    link = models.CharField(max_length=300)  # a path of the portal
    organization = models.CharField(max_length=40, blank=True)  # slug
    hub = models.CharField(max_length=20, blank=True)  # uid
    request = models.CharField(max_length=36, blank=True)  # uid
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=10, choices=[(how.value, words) for how, words in HOW_WORDS.items()])
    mail = models.ForeignKey(Mail, models.SET_NULL, null=True, related_name="notifications")

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["person", "event"], name="told_once")]
        indexes = [
            models.Index(fields=["person", "-at"], name="notification_inbox"),
            models.Index(fields=["person"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(fields=["at"], name="notification_at"),
            models.Index(
                fields=["person"], condition=Q(how="daily", mail=None, read_at=None), name="notification_daily"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def icon(self) -> str:
        return KINDS[self.kind].icon if self.kind in KINDS else "info"


class NotificationChoice(models.Model):
    """How a person wants to receive a kind of notification. No row: the kind's default."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_choices")
    kind = models.CharField(max_length=20)
    how = models.CharField(max_length=10, choices=[(how.value, words) for how, words in HOW_WORDS.items()])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="one_choice_a_kind")]

    def __str__(self) -> str:
        return f"{self.person}: {self.kind} {self.how}"


class CalendarLink(models.Model):
    """A person's secret address of an organisation's calendar. Replacing `key` revokes it, as does leaving.

    The address contains `key`, signed (calendar.services.links), so that it can be shown again, and a copy of the
    database is not enough to open a calendar.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_links")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="calendar_links")
    key = models.UUIDField(unique=True, default=uuid.uuid4)
    made_with = models.ForeignKey("hubs.ApiToken", models.SET_NULL, null=True, related_name="+")  # revoked with it
    made_at = models.DateTimeField(default=timezone.now)
    replaced = False  # whether there was one before (calendar.services.links.renew)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "organization"], name="one_calendar_link")]

    def __str__(self) -> str:
        return f"calendar of {self.organization} for {self.person}"
