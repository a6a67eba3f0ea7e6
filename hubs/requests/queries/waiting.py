"""The rows of the staff queue, assessed as they are now."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from django.utils import timezone
from pydantic import ValidationError

from hubs.language import _, number
from hubs.limits.queries.limits import judge, ledgers, meters_in
from hubs.limits.queries.promised import Ledger
from hubs.models import ChangeRequest
from hubs.requests.rules import State
from hubs.spec import HubSpec
from hubs.spec.diff import gib_text


class Told(Protocol):
    """A row that says itself why it needs review: a request for user limits."""

    @property
    def why(self) -> str: ...


@dataclass(frozen=True)
class Waiting:
    """One row: people and total memory in words, the reason that weighs most, and how many others there are."""

    request: ChangeRequest | Told
    people: str = ""
    memory: str = ""
    why: str = ""
    more: int = 0


def waiting(rows: Iterable[ChangeRequest | Told]) -> list[Waiting]:
    """`rows` with their organisation, hub, clusters and revisions. Constant queries."""
    found = list(rows)
    known = ledgers({row.organization for row in found if isinstance(row, ChangeRequest)}, timezone.now())
    return [
        _row(row, known[row.organization_id]) if isinstance(row, ChangeRequest) else Waiting(row, why=row.why)
        for row in found
    ]


def _row(row: ChangeRequest, known: Ledger) -> Waiting:
    why = row.policy.get("findings", [])
    try:
        spec, before = row.spec, row.base_revision.spec if row.base_revision and row.hub else None
    except ValidationError:  # its page says what is wrong with what is stored
        spec = before = None
    if spec is None or row.kind == ChangeRequest.Kind.RETIRE:
        return Waiting(row, why=next(iter(why), ""), more=len(why[1:]))
    if row.state == State.SUBMITTED:
        judged = judge(spec, row.organization, row.place, meters_in(known, spec, row.organization, row.hub), before)
        # What registries and new secrets add is only known from when it was sent.
        why = [one.message for one in judged.findings] or why
    people, memory = _changed(before, spec)
    return Waiting(row, people, memory, next(iter(why), ""), len(why[1:]))


def _changed(before: HubSpec | None, spec: HubSpec) -> tuple[str, str]:
    """Return people and total memory, with what the hub has now if that is different."""
    pairs = [(number(one.about.heads), gib_text(one.seats * one.memory_mib)) for one in (spec, before or spec)]
    people, memory = (
        now if now == was else _("{after} (now {before})", after=now, before=was)
        for now, was in zip(*pairs, strict=True)
    )
    return people, memory
