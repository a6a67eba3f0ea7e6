"""What an approved request does to the rows: a new hub, a new revision, or the end of one."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max

from hubs import audit, limits
from hubs.errors import Conflict
from hubs.models import ChangeRequest, Hub, HubRevision, User
from hubs.services.moves import supersede
from hubs.spec import HubSpec, difference
from hubs.states import OPEN, State
from hubs.wake import wake


def _copies(spec: HubSpec) -> dict[str, Any]:
    """The columns that repeat the spec, so that sums and lists are SQL."""
    cost = limits.cost(spec)
    return {
        "title": spec.about.title,
        "seats": spec.seats,
        "memory_mib": cost.memory_mib,
        "storage_mib": cost.storage_mib,
    }


def carry_out(*, request: ChangeRequest, by: User) -> Hub:
    """Make the approved request true in the rows and wake the hub. In the approval's own transaction."""
    if request.kind == ChangeRequest.Kind.CREATE:
        return _create(request)
    if request.hub is None:
        raise ValueError("a change or a retirement has a hub")
    if request.kind == ChangeRequest.Kind.RETIRE:
        return _retire(request, request.hub, by)
    return _change(request, request.hub)


def _create(request: ChangeRequest) -> Hub:
    spec = HubSpec.model_validate(request.spec_data)
    try:
        with transaction.atomic():
            hub = Hub.objects.create(
                organization=request.organization,
                cluster=request.organization.cluster,
                slug=request.slug,
                created_by=request.requester,
                **_copies(spec),
            )
    except IntegrityError:
        raise Conflict("The address was taken in the very same moment. Choose another one.") from None
    hub.revision = _revision(request, hub, spec, "First version")
    ChangeRequest.objects.filter(pk=request.pk).update(hub=hub)
    request.hub = hub
    audit.record("hub.create", by=request.requester, subject=hub.title, hub=hub, request=request)
    wake(hub, revision=hub.revision)
    return hub


def _change(request: ChangeRequest, hub: Hub) -> Hub:
    spec = HubSpec.model_validate(request.spec_data)
    differences = difference(hub.spec, spec)
    words = "; ".join(f"{d.label}: {d.before or 'nothing'} → {d.after or 'nothing'}" for d in differences)
    revision = _revision(request, hub, spec, words)
    changes = {d.path: [d.before, d.after] for d in differences}
    audit.record("hub.change", by=request.requester, subject=hub.title, hub=hub, request=request, changes=changes)
    status: dict[str, Any] = {} if hub.desired_state == Hub.Desired.SUSPENDED else {"status": Hub.Status.UPDATING}
    wake(hub, revision=revision, generation=F("generation") + 1, failures=0, **status, **_copies(spec))
    return hub


def _revision(request: ChangeRequest, hub: Hub, spec: HubSpec, message: str) -> HubRevision:
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
    audit.record("hub.retire", by=by, subject=hub.title, hub=hub, request=request, note=request.reason)
    retired = Hub.Desired.RETIRED
    wake(hub, desired_state=retired, generation=F("generation") + 1, failures=0, status=Hub.Status.RETIRING)
    for other in hub.requests.filter(state__in=OPEN).exclude(pk=request.pk).exclude(state=State.APPROVED):
        supersede(request=other)
    return hub
