"""An organisation's own name for a hub: typed, looked for, taken off again."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid
from hubs.live import bulkhead
from hubs.live import channel as live
from hubs.models import Hub, HubDomain, User

from . import own_domain

PAUSE = timedelta(seconds=5)  # between two looks that somebody asks for
RELATED = ("hub__cluster", "hub__organization", "added_by")


def of(hub: Hub) -> HubDomain | None:
    return HubDomain.objects.select_related(*RELATED).filter(hub=hub).first()


def _living(hub: Hub) -> Hub:
    """Locked, so that two who type a name at once do not both write one."""
    rows = Hub.objects.select_for_update(of=("self",)).select_related("cluster", "organization", "revision")
    row = rows.get(pk=hub.pk)
    if row.is_retired:
        raise Conflict("This hub is retired. Nothing was changed.")
    return row


@transaction.atomic
def add(*, hub: Hub, by: User, name: str) -> HubDomain:
    """From now on the proof is looked for. Raises Invalid beside `name`, Conflict when there is a name already."""
    hub = _living(hub)
    if no := own_domain.refusal(hub.cluster):
        raise Invalid.beside("name", no)
    name = own_domain.read_name(name)
    if HubDomain.objects.filter(name=name).exclude(proven_at=None).exclude(hub=hub).exists():
        raise Invalid.beside("name", own_domain.TAKEN)
    if there := of(hub):
        raise Conflict(f"This hub has a name already: {there.name}. Remove it before you add another one.")
    token = secrets.token_urlsafe(24)
    row = HubDomain.objects.create(hub=hub, name=name, token=token, added_by=by)
    audit.record("domain.add", by=by, subject=hub.title, hub=hub, note=own_domain.readable(name))
    live.changed_on_commit(hub=hub)
    return row


def check(*, hub: Hub, by: User) -> HubDomain:
    """Look now. Raises Conflict when there is nothing to look for, or somebody did a moment ago; Unavailable when the
    organisation has too many questions open."""
    with bulkhead.question(organization=hub.organization_id):
        return _check(hub, by)


def _check(hub: Hub, by: User) -> HubDomain:
    now = timezone.now()
    rested = Q(checked_at=None) | Q(checked_at__lt=now - PAUSE)
    if not HubDomain.objects.filter(rested, hub=hub).update(checked_at=now):
        if HubDomain.objects.filter(hub=hub).exists():
            raise Conflict("We looked a moment ago. Name servers need some minutes to learn of a new record.")
        raise Conflict("This hub has no own name. Nothing was checked.")
    row = of(hub)
    seen = own_domain.look(row, by=by) if row else None
    if seen is None:
        raise Conflict("Somebody removed the name meanwhile. Nothing was changed.")
    return seen


@transaction.atomic
def remove(*, hub: Hub, by: User) -> None:
    """The hub goes back to its first address. Raises Conflict when it has no own name."""
    hub = _living(hub)
    row = of(hub)
    if row is None or not HubDomain.objects.filter(pk=row.pk).delete()[0]:
        raise Conflict("This hub has no own name any more. Nothing was changed.")
    audit.record("domain.remove", by=by, subject=hub.title, hub=hub, note=own_domain.readable(row.name))
    if row.proven_at:
        own_domain.move(hub)
    else:
        live.changed_on_commit(hub=hub)
