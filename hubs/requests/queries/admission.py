"""What the cluster of a request would reject, next to the fields concerned."""

from django.db.models import Max
from django.utils import timezone

from hubs.images.queries import registries as images
from hubs.images.queries.chosen import IMAGE_NAME
from hubs.language import _
from hubs.limits.queries.limits import Finding
from hubs.models import ChangeRequest, Cluster, Hub, Organization
from hubs.outbound.registry import Report
from hubs.spec import HubSpec
from hubs.spec.admission import MORE, PIECES, PROFILES, Place, refusals
from hubs.spec.fields import FIELDS


def _place(organization: Organization, cluster: Cluster, hub: Hub | None) -> Place:
    """One query for a hub: staff may have given someone in it a limit above the organisation's."""
    most: dict[str, float] = {}
    if hub:
        rules = hub.user_limits.counting(timezone.now())
        most = rules.aggregate(memory_mib=Max("memory_mib"), cpu=Max("cpu"), storage_mib=Max("storage_mib"))
    return Place(
        pod_security=cluster.pod_security,
        memory_mib=max(organization.memory_per_user_mib, most.get("memory_mib") or 0),
        cpu=max(organization.cpu_per_user, most.get("cpu") or 0),
        storage_mib=max(organization.storage_per_user_mib, most.get("storage_mib") or 0),
        total_memory_mib=max(organization.total_memory_mib, most.get("memory_mib") or 0),
    )


def refused(request: ChangeRequest, spec: HubSpec) -> dict[str, list[str]]:
    """Return sentences by field; {} for clusters without pods. Does not report what the hub already has, so that a new
    title does not depend on other corrections."""
    cluster = request.place
    shaping = any(FIELDS[path].read(spec) for path in (MORE, PROFILES, *PIECES))
    if not cluster.can.pods or not shaping:
        return {}
    if not refusals(spec, _place(request.organization, cluster, None)):
        return {}  # the usual case, without a query
    place = _place(request.organization, cluster, request.hub)
    known = refusals(request.hub.spec, place) if request.hub else []
    found: dict[str, list[str]] = {}
    for one in refusals(spec, place):
        if one not in known:
            found.setdefault(one.path, []).append(one.message)
    return found


def images_missing(request: ChangeRequest, spec: HubSpec, before: HubSpec | None) -> list[Finding]:
    """Why the images of a request need review, as far as their registries were checked a moment ago."""
    return [Finding("image:missing", IMAGE_NAME, _why(one)) for one in images.unfetchable(request, spec, before)]


def _why(one: Report) -> str:
    if one.missing:
        return _("{problem} Servers could not start with this image.", problem=one.message)
    return _(
        "{problem} Servers can’t start unless the cluster has its own password for the registry.", problem=one.message
    )
