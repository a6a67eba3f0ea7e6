"""Stored specs, of revisions and open requests, that today's rules refuse."""

from collections.abc import Iterator
from dataclasses import dataclass

from hubs.models import ChangeRequest, Hub, HubRevision
from hubs.requests.rules import OPEN
from hubs.spec.reading import Read, reads
from hubs.spec.refusals import refusals


@dataclass(frozen=True)
class Stored:
    """One revision of a hub, or one open request (then `revision` is 0), with what is wrong in it."""

    hub: Hub | None
    request: ChangeRequest | None
    revision: int
    current: bool
    refused: tuple[str, ...]
    reads: tuple[Read, ...]

    @property
    def exposed(self) -> tuple[str, ...]:
        """Names of the portal's own objects in the hub's namespace that people's servers could read. Sorted."""
        return tuple(sorted({one.name or "any" for one in self.reads if one.is_the_portals}))


def findings() -> Iterator[Stored]:
    """Yield revisions of hubs that are not retired, oldest first, then undecided requests. Two queries."""
    revisions = HubRevision.objects.filter(hub__in=Hub.objects.all().alive()).select_related("hub__organization")
    for row in revisions.order_by("hub", "number").iterator(chunk_size=200):
        refused, read = refusals(row.data), tuple(reads(row.data))
        if refused or any(one.is_the_portals for one in read):
            current = row.pk == row.hub.revision_id
            yield Stored(row.hub, None, row.number, current, tuple(refused), read)
    waiting = ChangeRequest.objects.filter(state__in=OPEN).exclude(spec_data=None).select_related("organization")
    for request in waiting.order_by("pk").iterator(chunk_size=200):
        refused = refusals(request.spec_data)
        if refused:
            yield Stored(None, request, 0, False, tuple(refused), tuple(reads(request.spec_data)))
