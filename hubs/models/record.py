from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hubs.audit.rules.verbs import described
from hubs.models.hub import Hub
from hubs.models.organization import Organization
from hubs.models.person import User
from hubs.models.request import ChangeRequest
from hubs.models.sentence_field import SentenceField, SentencesField
from hubs.text.sentences import filled


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def of_organization(self, organization: Organization) -> "AuditEventQuerySet":
        return self.filter(organization=organization.slug)

    def of_request(self, request: ChangeRequest) -> "AuditEventQuerySet":
        """Events of the request, without those of automatic saves."""
        return self.filter(request=str(request.uid)).exclude(verb="request.save", note="")

    def of_hub(self, hub: Hub) -> "AuditEventQuerySet":
        """Events of the hub, with those of the request that it was created with: when they were written, there was no
        hub yet. Comments and automatic saves are left out, as on the request's page."""
        created = hub.requests.filter(kind=ChangeRequest.Kind.CREATE).values_list("uid", flat=True)
        before = self.filter(hub="", request__in=[str(uid) for uid in created])
        return self.filter(hub=hub.uid) | before.exclude(verb="request.comment").exclude(verb="request.save", note="")

    def narrowed(
        self, *, person: str = "", verbs: Collection[str] | None = None, hub: str = "", since: date | None = None,
        until: date | None = None,
    ) -> "AuditEventQuerySet":  # fmt: skip
        """Events by people whose user name or name contains `person`, or who have this address, with these verbs (None:
        all), of hubs with this uid or slug or a title that contains `hub`, from `since` to `until` (days in UTC)."""
        found = self
        if person:
            addressed = User.objects.filter(email__iexact=person).values("username")
            who = Q(actor__icontains=person) | Q(actor_name__icontains=person)
            found = found.filter(who | Q(actor__in=addressed) if "@" in person else who)
        if verbs is not None:
            found = found.filter(verb__in=verbs)
        if hub:
            hubs = Hub.objects.filter(Q(uid=hub) | Q(slug=hub.lower()) | Q(title__icontains=hub))
            found = found.filter(hub__in=hubs.values("uid"))
        if since:
            found = found.filter(at__gte=datetime.combine(since, time.min, UTC))
        if until:
            found = found.filter(at__lt=datetime.combine(until + timedelta(days=1), time.min, UTC))
        return found


class AuditEvent(models.Model):
    """An entry of the audit log: who changed what, and when. Append-only; without foreign keys, so it outlives its
    subject."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    verb = models.CharField(max_length=50)  # "hub.suspend"
    actor = models.CharField(max_length=150, blank=True)  # user name; "" is the portal itself
    actor_name = models.CharField(max_length=150, blank=True)
    organization = models.CharField(max_length=40, blank=True, db_index=True)  # slug
    hub = models.CharField(max_length=20, blank=True, db_index=True)  # uid
    request = models.CharField(max_length=36, blank=True, db_index=True)  # uid of the change request
    subject = SentenceField()  # name of the affected object at that time
    changes = SentencesField(default=dict)  # {"role": ["member", "admin"]}
    note = SentenceField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)  # of the HTTP request
    # The origin (hubs.request_context.Origin). Who can read the address: docs/staff.md.
    via = models.CharField(max_length=150, blank=True)  # "session", or the token's prefix and name
    made_by = models.CharField(max_length=150, blank=True)  # user name of the creator of a service account's token
    address = models.GenericIPAddressField(null=True, unpack_ipv4=True)
    # `changes` are truncated: an AuditRecord has all of them
    recorded = models.BooleanField(default=False, db_default=False)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [  # the pages' filters, in the pages' order
            models.Index(fields=[*first, "-at", "-id"], name=f"audit_by_{name}")
            for name, first in (
                ("organization", ["organization"]), ("hub", ["hub"]), ("verb", ["verb"]), ("actor", ["actor"])
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"

    @property
    def did(self) -> str:
        """The action, as English words between actor and subject, for the API and CSV files."""
        return described(self.verb).did

    def told(self, who: str, subject: str) -> str:
        """Return the line as a sentence in the current language, with these in the places of actor and subject."""
        return filled(described(self.verb).sentence, {"who": who, "subject": subject})

    def told_html(self, who: str, subject: str = "") -> SafeString:
        """Return the line as a sentence in HTML. Text is escaped, and a `who` that is text is bold."""
        who = who if isinstance(who, SafeString) else format_html("<strong>{}</strong>", who)
        return format_html(str(described(self.verb).sentence), who=who, subject=subject)

    def address_for(self, reader: User) -> str:
        """Return the IP address for staff and for the actor, and "" for other readers, to protect colleagues'
        privacy."""
        may = reader.is_staff or (self.actor and self.actor == reader.username)
        return self.address or "" if may else ""


class AuditRecord(models.Model):
    """The full data of an audit event that is too long for its row: a class list, the rules of a file. Readable by
    people who can read the event. Written by hubs.audit.services.audit, which limits its size; never changed."""

    event = models.OneToOneField(AuditEvent, models.CASCADE, primary_key=True, related_name="record")
    data = SentencesField()  # name -> text, or list
    cut = models.BooleanField(default=False)  # truncated even here

    def __str__(self) -> str:
        return f"all of {self.event}"
