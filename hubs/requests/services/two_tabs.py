"""One draft in two tabs, or edited by two people: input is saved by field. A page sends for each field a mark of the
text that it showed. Edits of different fields are merged; if both edited the same field, the first stays and the second
is asked."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from hubs.errors import Conflict
from hubs.language import _, lazy
from hubs.models import ChangeRequest, User
from hubs.spec import FIELDS, Draft
from hubs.spec.hiding import hide

from . import requests

LONGEST_MARKS = 20_000  # characters; a step has a few dozen fields
BESIDE = {"slug": lazy("Address"), "reason": lazy("Reason")}  # parts of a draft other than fields


@dataclass(frozen=True)
class Both:
    """A field that was changed elsewhere after this page showed it, and also on this page: the texts."""

    path: str
    label: str
    theirs: str
    mine: str


@dataclass(frozen=True)
class Merged:
    """`kept` is what to save, `both` what to ask about, `theirs` what only another tab changed."""

    kept: Draft
    both: tuple[Both, ...]
    theirs: Draft


def _plain(path: str, text: str) -> str:
    """Return a text without insignificant differences."""
    if path in FIELDS and FIELDS[path].kind == "bool":
        return "yes" if text == "yes" else "no"
    plain = text.replace("\r\n", "\n").strip()
    return plain.lower() if path == "slug" else plain


def mark(path: str, text: str) -> str:
    """Return twelve hex digits that identify a field's text as a page showed it."""
    return hashlib.sha256(_plain(path, text).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def texts(request: ChangeRequest) -> Draft:
    """Return all texts of a draft that a page can show: its fields, address and reason."""
    return {**request.draft, "reason": request.reason}


def marks(request: ChangeRequest, paths: list[str]) -> dict[str, str]:
    """Return the marks of a page with these fields, for `seen`."""
    shown = texts(request)
    return {path: mark(path, shown.get(path, "")) for path in paths}


def read_marks(text: str) -> dict[str, str]:
    """Return the marks that a page sent; {} for malformed input."""
    try:
        found = json.loads(text) if len(text) <= LONGEST_MARKS else {}
    except (ValueError, RecursionError):
        return {}
    return {str(path): str(one) for path, one in found.items()} if isinstance(found, dict) else {}


def merge(now: Draft, typed: Draft, seen: Mapping[str, str]) -> Merged:
    """Merge what the page showed (`seen`), what was typed, and the draft `now`. Save what has no mark. Pure."""
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
    """Call requests.save with what no one else has changed. `whole`: save nothing if there are conflicts, and
    raise Conflict with their names. Raise what requests.save raises."""
    now = ChangeRequest.objects.select_for_update().get(pk=request.pk)
    typed = {**values, **({} if slug is None else {"slug": slug}), **({} if reason is None else {"reason": reason})}
    typed |= hide({path: text for path, text in values.items() if path in FIELDS})[0]
    found = merge(texts(now), typed, seen)
    if whole and found.both:
        named = [_("{label} (now “{value}”)", label=one.label, value=one.theirs[:60]) for one in found.both]
        fields = ", ".join(named)
        raise Conflict(
            _("These fields were changed in the meantime: {fields}. Read them again, then decide.", fields=fields)
        )
    requests.save(
        request=request,
        by=by,
        values={path: values[path] for path in found.kept if path in values},
        slug=found.kept.get("slug") if slug is not None else None,
        reason=found.kept.get("reason") if reason is not None else None,
    )
    return found
