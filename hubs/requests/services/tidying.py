"""Delete drafts without any input: a card was pressed only to see what follows."""

from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from hubs.models import ChangeRequest
from hubs.requests.rules import State

UNTOUCHED_FOR = timedelta(days=1)
AT_ONCE = 200  # rows deleted in one pass


def _untouched(row: ChangeRequest) -> bool:
    """Return whether it contains only what its starting point has. A draft from before an update lacks the fields that
    came with it."""
    begins = row.starting_version
    as_begun = begins is not None and row.draft.items() <= begins.start().items()
    return as_begun and not row.secrets.exists() and not row.comments.exists()


@transaction.atomic
def forget(now: datetime) -> int:
    """Delete drafts of new hubs that were not edited for a day; return how many. Copies, imports and changes have
    contents from the start, and stay. The audit still shows that they were started."""
    never_saved = ChangeRequest.objects.filter(
        state=State.DRAFT, kind=ChangeRequest.Kind.CREATE, version=0, copied_from=None, title="", reason="",
        submitted_at=None, updated_at__lt=now - UNTOUCHED_FOR,
    ).exclude(starting_version=None)  # fmt: skip
    rows = never_saved.select_related("starting_version").order_by("updated_at").iterator()
    found = list(islice((row.pk for row in rows if _untouched(row)), AT_ONCE))
    still = never_saved.filter(pk__in=found).select_for_update(of=("self",)).select_related("starting_version")
    gone = [row.pk for row in still if _untouched(row)]
    ChangeRequest.objects.filter(pk__in=gone, version=0).delete()
    return len(gone)
