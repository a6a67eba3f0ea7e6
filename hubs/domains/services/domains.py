"""Custom domain of a hub: add, check, remove."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid
from hubs.language import _
from hubs.live import bulkhead
from hubs.live import channel as live
from hubs.models import Hub, HubDomain, User

from . import own_domain

PAUSE = timedelta(seconds=5)  # between two checks on request
RELATED = ("hub__cluster", "hub__organization", "added_by")


def of(hub: Hub) -> HubDomain | None:
    return HubDomain.objects.select_related(*RELATED).filter(hub=hub).first()


def _living(hub: Hub) -> Hub:
    """Return the hub, locked against concurrent additions. Raise Conflict if it is retired."""
    rows = Hub.objects.select_for_update(of=("self",)).select_related("cluster", "organization", "revision")
    row = rows.get(pk=hub.pk)
    if row.is_retired:
        raise Conflict(_("This hub is retired. Nothing was changed."))
    return row


@transaction.atomic
def add(*, hub: Hub, by: User, name: str) -> HubDomain:
    """Add a custom domain; its records are checked from now on. Raise Invalid for `name`, Conflict if there is one."""
    hub = _living(hub)
    if no := own_domain.refusal(hub.cluster):
        raise Invalid.beside("name", no)
    name = own_domain.read_name(name)
    if HubDomain.objects.filter(name=name).exclude(proven_at=None).exclude(hub=hub).exists():
        raise Invalid.beside("name", own_domain.taken())
    if there := of(hub):
        raise Conflict(
            _("This hub already has a custom domain: {name}. Remove it before you add another one.", name=there.name)
        )
    token = secrets.token_urlsafe(24)
    row = HubDomain.objects.create(hub=hub, name=name, token=token, added_by=by)
    audit.record("domain.add", by=by, subject=hub.title, hub=hub, note=own_domain.readable(name))
    live.changed_on_commit(hub=hub)
    return row


def check(*, hub: Hub, by: User) -> HubDomain:
    """Check the records now. Raise Conflict if there is no domain or it was checked a moment ago, Unavailable if the
    organisation has too many open checks."""
    with bulkhead.question(organization=hub.organization_id):
        return _check(hub, by)


def _check(hub: Hub, by: User) -> HubDomain:
    now = timezone.now()
    rested = Q(checked_at=None) | Q(checked_at__lt=now - PAUSE)
    if not HubDomain.objects.filter(rested, hub=hub).update(checked_at=now):
        if HubDomain.objects.filter(hub=hub).exists():
            raise Conflict(
                _("The records were checked a moment ago. It can take some minutes until a new DNS record is visible.")
            )
        raise Conflict(_("This hub has no custom domain. Nothing was checked."))
    row = of(hub)
    seen = own_domain.look(row, by=by) if row else None
    if seen is None:
        raise Conflict(_("The domain was removed in the meantime. Nothing was changed."))
    return seen


@transaction.atomic
def remove(*, hub: Hub, by: User) -> None:
    """Remove the domain; the hub returns to its default address. Raise Conflict if there is none."""
    hub = _living(hub)
    row = of(hub)
    if row is None or not HubDomain.objects.filter(pk=row.pk).delete()[0]:
        raise Conflict(_("This hub no longer has a custom domain. Nothing was changed."))
    audit.record("domain.remove", by=by, subject=hub.title, hub=hub, note=own_domain.readable(row.name))
    if row.proven_at:
        own_domain.move(hub)
    else:
        live.changed_on_commit(hub=hub)
