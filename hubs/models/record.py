from django.db import models
from django.utils import timezone


class AuditEventQuerySet(models.QuerySet):
    def of_organization(self, organization):
        return self.filter(organization=organization.slug)

    def of_hub(self, hub):
        return self.filter(hub=hub.uid)


class AuditEvent(models.Model):
    """Who did what, from what to what, when. Append-only, and without foreign keys: it outlives what it tells of."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    verb = models.CharField(max_length=50)  # "hub.suspend"
    actor = models.CharField(max_length=150, blank=True)  # user name; "" is the portal itself
    actor_name = models.CharField(max_length=150, blank=True)
    organization = models.CharField(max_length=40, blank=True, db_index=True)  # slug
    hub = models.CharField(max_length=20, blank=True, db_index=True)  # uid
    request = models.CharField(max_length=36, blank=True, db_index=True)  # uid of the change request
    subject = models.CharField(max_length=200)  # name of what it was done to, as it was then
    changes = models.JSONField(default=dict)  # {"role": ["member", "admin"]}
    note = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)  # of the HTTP request

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.verb} {self.subject}"
