"""One draft in two tabs, or before two people: what each typed is kept by field. A page says of each field what it
showed (a mark of its text). Who changed another field is no matter; where both changed one, the first stays and the
second is told both."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from hubs.errors import Conflict
from hubs.models import ChangeRequest, User
from hubs.spec import FIELDS, Draft
from hubs.spec.hiding import hide

from . import requests

LONGEST_MARKS = 20_000  # characters; a step has some dozens of fields
BESIDE = {"slug": "Address", "reason": "Reason"}  # what a draft has beside its fields


@dataclass(frozen=True)
class Both:
    """A field that was changed elsewhere after this page showed it, and here, too: the texts."""

    path: str
    label: str
    theirs: str
    mine: str


@dataclass(frozen=True)
class Merged:
    """`kept` is what to save, `both` what to ask about, `theirs` what another tab changed and this one did not."""

    kept: Draft
    both: tuple[Both, ...]
    theirs: Draft


def _plain(path: str, text: str) -> str:
    """A text without what makes no difference to whoever typed it."""
    if path in FIELDS and FIELDS[path].kind == "bool":
        return "yes" if text == "yes" else "no"
    plain = text.replace("\r\n", "\n").strip()
    return plain.lower() if path == "slug" else plain


def mark(path: str, text: str) -> str:
    """Twelve hex digits that stand for a field's text as a page showed it."""
    return hashlib.sha256(_plain(path, text).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def texts(request: ChangeRequest) -> Draft:
    """All that a page may show of a draft: its fields, its address, its reason."""
    return {**request.draft, "reason": request.reason}


def marks(request: ChangeRequest, paths: list[str]) -> dict[str, str]:
    """What a page with these fields shows, for `seen`."""
    shown = texts(request)
    return {path: mark(path, shown.get(path, "")) for path in paths}


def read_marks(text: str) -> dict[str, str]:
    """The marks that a page sent back; none for what no page of ours sends."""
    try:
        found = json.loads(text) if len(text) <= LONGEST_MARKS else {}
    except (ValueError, RecursionError):
        return {}
    return {str(path): str(one) for path, one in found.items()} if isinstance(found, dict) else {}


def merge(now: Draft, typed: Draft, seen: Mapping[str, str]) -> Merged:
    """Three ways: as the page showed it (`seen`), as it was typed, as it is `now`. What has no mark is saved. Pure."""
    kept, theirs, both = dict(typed), Draft(), []
    for path, text in typed.items():
        stored = now.get(path, "")
        if path not in seen or seen[path] == mark(path, stored) or _plain(path, stored) == _plain(path, text):
            continue
        del kept[path]
        if seen[path] == mark(path, text):
            theirs[path] = stored
        else:
            both.append(
                Both(path, FIELDS[path].words.label if path in FIELDS else BESIDE.get(path, path), stored, text)
            )
    return Merged(kept, tuple(both), theirs)


@transaction.atomic
def save(
    *, request: ChangeRequest, by: User, values: Draft, seen: Mapping[str, str], slug: str | None = None,
    reason: str | None = None, whole: bool = False,
) -> Merged:  # fmt: skip
    """requests.save of what nobody else changed meanwhile. `whole`: nothing is saved when something has to be asked,
    and Conflict names it. Raises what requests.save raises."""
    now = ChangeRequest.objects.select_for_update().get(pk=request.pk)
    typed = {**values, **({} if slug is None else {"slug": slug}), **({} if reason is None else {"reason": reason})}
    typed |= hide({path: text for path, text in values.items() if path in FIELDS})[0]
    found = merge(texts(now), typed, seen)
    if whole and found.both:
        named = ", ".join(f"{one.label} (now “{one.theirs[:60]}”)" for one in found.both)
        raise Conflict(f"These fields were changed meanwhile: {named}. Read them again, then decide.")
    requests.save(
        request=request,
        by=by,
        values={path: values[path] for path in found.kept if path in values},
        slug=found.kept.get("slug") if slug is not None else None,
        reason=found.kept.get("reason") if reason is not None else None,
    )
    return found
