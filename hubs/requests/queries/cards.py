"""What would become of a request that is sent as its starting point has it."""

from collections.abc import Iterable, Sequence

from django.utils import timezone

from hubs.limits.queries.limits import judge, ledgers, shared
from hubs.models import Organization, StartingPoint
from hubs.spec.catalogue import card_facts

MOST = 5  # organisations; staff can request hubs for all of them


def note_reviews(cards: Iterable[StartingPoint], organizations: Sequence[Organization]) -> list[StartingPoint]:
    """Add to each card its `facts`, and `reviews`: (organisation, why its staff would review such a request), only
    where they would. `routine` is whether that was worked out and there are none. Constant queries."""
    found = list(cards)
    known = ledgers(organizations, timezone.now()) if len(organizations) <= MOST else {}
    clusters = [row.cluster.can for row in organizations]
    for point in found:
        point.facts = card_facts(point.version.spec, clusters) if point.version else []  # type: ignore[attr-defined]
        reviews = []
        for row in organizations if known else ():
            if point.version is None:
                continue
            spec, ledger = point.version.spec, known[row.pk]
            meters = shared(row, ledger.today, ledger.all(), (), ledger.of_spec(spec, None))
            judged = judge(spec, row, row.cluster, meters)
            if not judged.routine:
                reviews.append((row, [finding.message for finding in judged.findings]))
        point.reviews, point.routine = reviews, bool(known) and not reviews  # type: ignore[attr-defined]
    return found
