"""How an organisation's recent requests would have been decided with other limits or another policy."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from hubs.models import ChangeRequest, Organization

from . import limits
from .limits import Assessment
from .promised import Ledger

LAST = 50  # requests


@dataclass(frozen=True)
class Differing:
    """One request with another result. `reasons`: why it needs review, with the limits under which it does."""

    request: ChangeRequest
    alone_now: bool  # approved automatically with the current limits; else with the typed limits
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    looked_at: int
    now: int  # approved automatically with the current limits
    then: int  # approved automatically with the typed limits
    differing: tuple[Differing, ...]  # newest first


def _last(organization: Organization) -> list[ChangeRequest]:
    kinds = (ChangeRequest.Kind.CREATE, ChangeRequest.Kind.CHANGE)
    rows = ChangeRequest.objects.filter(organization=organization, kind__in=kinds).exclude(submitted_at=None)
    rows = rows.exclude(spec_data=None).select_related(
        "hub__cluster", "base_revision", "requester", "organization__cluster"
    )
    return list(rows.order_by("-submitted_at", "-pk")[:LAST])


def assess_again(request: ChangeRequest, organization: Organization, found: Ledger) -> Assessment | None:
    """Return the result of the policy for a submitted request, given the organisation's hubs of today (`found`). The
    request's own hub counts as before the request; a new hub does not count. None without a spec. Pure."""
    spec = request.spec
    if spec is None:
        return None
    hub = request.hub
    base = request.base_revision if request.kind == ChangeRequest.Kind.CHANGE else None
    before = base.spec if base else None
    was = found.of_spec(before, None) if before else ()
    others = found.all(without=hub)
    meters = limits.shared(organization, found.today, others, was, found.of_spec(spec, None))
    place = (hub or request.organization).cluster
    return limits.judge(spec, organization, place, meters, before)


def preview(organization: Organization, values: Mapping[str, Any]) -> Preview:
    """Return the results of recent requests with the current limits and with `values` (by column). Three queries."""
    other = copy(organization)
    for name, value in values.items():
        setattr(other, name, value)
    used = limits.ledger(organization)
    looked_at = now = then = 0
    differing = []
    for request in _last(organization):
        as_is, as_typed = assess_again(request, organization, used), assess_again(request, other, used)
        if as_is is None or as_typed is None:
            continue
        looked_at, now, then = looked_at + 1, now + as_is.routine, then + as_typed.routine
        if as_is.routine != as_typed.routine:
            findings = as_typed.findings if as_is.routine else as_is.findings
            differing.append(Differing(request, as_is.routine, tuple(one.message for one in findings)))
    return Preview(looked_at, now, then, tuple(differing))
