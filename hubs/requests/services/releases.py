"""What an approved request does to the rows: a new hub, a new revision, or the retirement of a hub."""

from datetime import timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from hubs.audit.services import audit
from hubs.database import unless_taken
from hubs.days import services as days
from hubs.errors import Conflict
from hubs.language import _
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, Hub, HubRevision, NamedAdmin, User
from hubs.requests.rules import OPEN, State
from hubs.roster.services import roster
from hubs.spec import Difference, HubSpec, difference
from hubs.wake import UPDATING, wake, want

from . import secrets
from .moves import supersede


def _copies(spec: HubSpec) -> dict[str, Any]:
    """Return the columns that repeat parts of the spec, for sums and lists in SQL."""
    cost = limits.cost(spec)
    return {
        "title": spec.about.title,
        "seats": spec.seats,
        "memory_mib": cost.memory_mib,
        "storage_mib": cost.storage_mib,
    }


def carry_out(*, request: ChangeRequest, by: User) -> Hub:
    """Apply the approved request to the rows, and wake the hub. In the approval's transaction."""
    if request.kind == ChangeRequest.Kind.CREATE:
        return _create(request)
    if request.hub is None:
        raise ValueError("a change or a retirement has a hub")
    if request.kind == ChangeRequest.Kind.RETIRE:
        return _retire(request, request.hub, by)
    return _change(request, request.hub)


def _create(request: ChangeRequest) -> Hub:
    spec = HubSpec.stored(request.spec_data)
    with unless_taken(Conflict(_("The address was just taken. Choose another one."))):
        hub = Hub.objects.create(
            organization=request.organization,
            cluster=request.organization.cluster,
            slug=request.slug,
            created_by=request.requester,
            starting_version_id=request.starting_version_id,
            **_copies(spec),
        )
    hub.revision = _revision(request, hub, spec, _("First version"))
    ChangeRequest.objects.filter(pk=request.pk).update(hub=hub)
    request.hub = hub
    audit.consequence("hub.create", request=request, subject=hub.title, hub=hub)
    secrets.hand_over(request=request, hub=hub)
    roster.bring_people(request=request, hub=hub)
    wake(hub, revision=hub.revision)
    days.set_days(hub=hub, before=None, spec=spec)
    return hub


def _change(request: ChangeRequest, hub: Hub) -> Hub:
    spec = HubSpec.stored(request.spec_data)
    before = hub.spec
    differences = difference(before, spec)
    told = [_told(one) for one in differences]
    told += [_("{label}: new value", label=label) for label in secrets.changed(request)]
    revision = _revision(request, hub, spec, _enumerated(told))
    changes = {d.path: [d.before, d.after] for d in differences}
    audit.consequence("hub.change", request=request, subject=hub.title, hub=hub, changes=changes)
    secrets.hand_over(request=request, hub=hub)
    copies = _copies(spec)
    if request.starting_version_id:
        copies["starting_version_id"] = request.starting_version_id
    want(hub, revision=revision, status=UPDATING, **copies)
    days.set_days(hub=hub, before=before, spec=spec)
    return hub


def _enumerated(changes: list[str]) -> str:
    """Return these as one sentence, which a column keeps for readers of other languages."""
    if len(changes) < 2:
        return next(iter(changes), "")
    named = {f"s{place}": one for place, one in enumerate(changes)}
    sentence = "; ".join(f"{{{name}}}" for name in named)
    return _(sentence, **named)


def _told(one: Difference) -> str:
    before, after = one.before or _("nothing"), one.after or _("nothing")
    return _("{label}: {before} → {after}", label=one.label, before=before, after=after)


def _revision(request: ChangeRequest, hub: Hub, spec: HubSpec, message: str) -> HubRevision:
    """Create the hub's new revision, and record the addresses of its listed admins."""
    hub.named_admins.all().delete()
    named = sorted(NamedAdmin.addresses(spec.signIn.adminUsers))
    NamedAdmin.objects.bulk_create(NamedAdmin(hub=hub, email=address) for address in named)
    last = hub.revisions.aggregate(last=Max("number"))["last"] or 0
    return HubRevision.objects.create(
        hub=hub,
        number=last + 1,
        data=spec.model_dump(mode="json"),
        message=message,
        author=request.requester,
        request=request,
    )


def _retire(request: ChangeRequest, hub: Hub, by: User) -> Hub:
    keep = request.draft.get("keep_days")  # set in the request to retire; 0 = delete
    return end_for_good(hub=hub, by=by, keep_days=keep, note=request.reason, request=request)


def end_for_good(
    *, hub: Hub, by: User | None, keep_days: int | None, note: str, request: ChangeRequest | None = None
) -> Hub:
    """Retire a hub, with a person's request or on its last day without one. In the caller's transaction."""
    audit.record("hub.retire", by=by, subject=hub.title, hub=hub, request=request, note=note)
    until = timezone.now() + timedelta(days=keep_days) if keep_days else None
    want(
        hub, desired_state=Hub.Desired.RETIRED, status=Hub.Status.RETIRING, keep_files_until=until, scheduled=False
    )  # fmt: skip
    others = hub.requests.filter(state__in=OPEN).exclude(state=State.APPROVED)
    for other in others.exclude(pk=request.pk) if request else others:
        supersede(request=other)
    return hub
