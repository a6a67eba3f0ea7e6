"""A hub and the newer version of the starting point that it came from."""

from dataclasses import dataclass

from django.db import transaction

from hubs.audit.services import audit
from hubs.errors import Conflict
from hubs.models import ChangeRequest, Hub, StartingPointVersion, User
from hubs.requests.rules import EDITABLE
from hubs.requests.services import requests
from hubs.spec.take_over import TakeOver, take_over


@dataclass(frozen=True)
class Newer:
    """The version that a hub came from, and the one that is offered now."""

    old: StartingPointVersion
    new: StartingPointVersion


def origin(hub: Hub) -> StartingPointVersion | None:
    """The version that the hub came from, with its starting point and that one's newest version, in one query."""
    if hub.starting_version_id is None:
        return None
    related = ("point__version__author", "point__version__point")
    return StartingPointVersion.objects.select_related(*related).get(pk=hub.starting_version_id)


def newer(hub: Hub, old: StartingPointVersion | None = None) -> Newer | None:
    """The newer version of the hub's starting point, when there is one and it is offered. `old`: its origin, when
    somebody has asked already."""
    old = old or origin(hub)
    if old is None or hub.is_retired:
        return None
    new = old.point.version
    return Newer(old, new) if old.point.offered and new and new.number > old.number else None


def _newer(hub: Hub, seen: int) -> Newer:
    found = newer(hub)
    if found is None:
        raise Conflict("There is no newer version of its starting point. Nothing was changed.")
    if found.new.number != seen:
        raise Conflict(f"Version {found.new.number} was published meanwhile. Look at that one first.")
    return found


def plan(hub: Hub, found: Newer) -> TakeOver:
    """What taking over would change, and what the hub would keep."""
    return take_over(hub.spec, found.old.spec, found.new.spec)


@transaction.atomic
def begin_take_over(*, hub: Hub, by: User, seen: int) -> ChangeRequest:
    """A draft of a change with what the newer version (number `seen`) has; pressed twice it is the same draft. Once it
    is approved the hub counts as made from that version. Raises Conflict when there is nothing to take over, or when a
    still newer version was published."""
    found = _newer(hub, seen)
    begun = hub.requests.filter(
        requester=by, state__in=EDITABLE, starting_version=found.new, base_revision=hub.revision
    ).first()
    if begun:
        return begun
    values = plan(hub, found).values
    if not values:
        raise Conflict("Nothing would change. Keep the hub as it is instead.")
    request = requests.begin_change(hub=hub, by=by, values=values)
    ChangeRequest.objects.filter(pk=request.pk).update(starting_version=found.new)
    request.refresh_from_db()
    return request


@transaction.atomic
def keep(*, hub: Hub, by: User, seen: int) -> Hub:
    """Leave the hub as it is, and say no more about the newer version (number `seen`). Raises Conflict when somebody
    decided meanwhile, or when a still newer version was published."""
    found = _newer(hub, seen)
    if not Hub.objects.filter(pk=hub.pk, starting_version=found.old).update(starting_version=found.new):
        raise Conflict("Somebody was faster. Look at the hub again.")
    changes = {"version": [found.old.number, found.new.number]}
    audit.record("hub.starting_point", by=by, subject=hub.title, hub=hub, changes=changes, note=found.new.point.name)
    hub.refresh_from_db()
    return hub
