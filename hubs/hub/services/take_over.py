"""Updating a hub to a newer version of its starting point."""

from dataclasses import dataclass

from django.db import transaction

from hubs.audit.services import audit
from hubs.errors import Conflict
from hubs.language import _
from hubs.models import ChangeRequest, Hub, StartingPointVersion, User
from hubs.requests.rules import EDITABLE
from hubs.requests.services import requests
from hubs.spec.take_over import TakeOver, take_over


@dataclass(frozen=True)
class Newer:
    """The version that a hub was created from, and the newest one."""

    old: StartingPointVersion
    new: StartingPointVersion


def origin(hub: Hub) -> StartingPointVersion | None:
    """Return the version that the hub was created from, with its starting point and newest version, in one query."""
    if hub.starting_version_id is None:
        return None
    related = ("point__version__author", "point__version__point")
    return StartingPointVersion.objects.select_related(*related).get(pk=hub.starting_version_id)


def newer(hub: Hub, old: StartingPointVersion | None = None) -> Newer | None:
    """Return the newer version of the hub's starting point, or None if there is none or it is not offered. `old`: the
    hub's origin, if already known."""
    old = old or origin(hub)
    if old is None or hub.is_retired:
        return None
    new = old.point.version
    return Newer(old, new) if old.point.offered and new and new.number > old.number else None


def _newer(hub: Hub, seen: int) -> Newer:
    found = newer(hub)
    if found is None:
        raise Conflict(_("The starting point has no newer version. Nothing was changed."))
    if found.new.number != seen:
        n = found.new.number
        raise Conflict(_("Version {n} was published in the meantime. Review that version first.", n=n))
    return found


def plan(hub: Hub, found: Newer) -> TakeOver:
    """Return what an update would change, and what the hub would keep."""
    return take_over(hub.spec, found.old.spec, found.new.spec)


@transaction.atomic
def begin_take_over(*, hub: Hub, by: User, seen: int) -> ChangeRequest:
    """Return a draft of a change to the newer version (number `seen`); an existing draft is reused. Once approved, that
    version is the hub's origin. Raise Conflict if nothing would change or a still newer version was published."""
    found = _newer(hub, seen)
    begun = hub.requests.filter(
        requester=by, state__in=EDITABLE, starting_version=found.new, base_revision=hub.revision
    ).first()
    if begun:
        return begun
    values = plan(hub, found).values
    if not values:
        raise Conflict(_("The update would change nothing. Keep the current version instead."))
    request = requests.begin_change(hub=hub, by=by, values=values)
    ChangeRequest.objects.filter(pk=request.pk).update(starting_version=found.new)
    request.refresh_from_db()
    return request


@transaction.atomic
def keep(*, hub: Hub, by: User, seen: int) -> Hub:
    """Keep the hub as it is and no longer offer the newer version (number `seen`). Raise Conflict if someone else
    decided in the meantime or a still newer version was published."""
    found = _newer(hub, seen)
    if not Hub.objects.filter(pk=hub.pk, starting_version=found.old).update(starting_version=found.new):
        raise Conflict(_("Someone else decided in the meantime. Reload the hub’s page."))
    changes = {"version": [found.old.number, found.new.number]}
    audit.record("hub.starting_point", by=by, subject=hub.title, hub=hub, changes=changes, note=found.new.point.name)
    hub.refresh_from_db()
    return hub
