"""Two open changes of one hub: the second is updated with the result of the first, without losing answers."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from hubs.audit.services import audit
from hubs.errors import Conflict
from hubs.language import _
from hubs.models import ChangeRequest, User
from hubs.requests.rules import EDITABLE
from hubs.spec import FIELDS, Draft, SpecError, from_draft, to_draft
from hubs.spec.diff import typed_words
from hubs.text.sentences import paragraph

from . import contributors


@dataclass(frozen=True)
class Clash:
    """One field that two changes answered differently, in words: before, in the hub now, and as requested."""

    path: str
    label: str
    was: str
    theirs: str
    mine: str


def _clashes(old: Draft, new: Draft, mine: Draft) -> list[Clash]:
    found = []
    for path, text in mine.items():
        if path in FIELDS and text != old.get(path) and new.get(path) not in (old.get(path), text):
            words = [_words(path, one.get(path, "")) for one in (old, new, mine)]
            found.append(Clash(path, FIELDS[path].words.label, *words))
    return found


def _words(path: str, text: str) -> str:
    """Return an answer in words; as typed if it is not valid."""
    try:
        return typed_words(FIELDS[path], text) or _("not set")
    except ValueError:
        return text


def clashes(request: ChangeRequest) -> list[Clash]:
    """Return the fields where this change and the hub's current configuration conflict."""
    hub, base = request.hub, request.base_revision
    if hub is None or base is None or hub.revision is None or base == hub.revision:
        return []
    return _clashes(to_draft(base.spec), to_draft(hub.spec), request.draft)


@transaction.atomic
def rebase(*, request: ChangeRequest, by: User, theirs: Collection[str] = ()) -> list[str]:
    """Update a change to the hub's current revision: the author's edits stay, everything else follows the hub, and so
    do the fields in `theirs`. Return labels of fields that both changed and that keep the author's answer."""
    hub = request.hub
    if hub is None or request.base_revision is None or hub.revision is None:
        return []
    old, new = to_draft(request.base_revision.spec), to_draft(hub.spec)
    both = [clash.label for clash in _clashes(old, new, request.draft) if clash.path not in theirs]
    mine = {path: text for path, text in request.draft.items() if old.get(path) != text and path not in theirs}
    saved = ChangeRequest.objects.filter(pk=request.pk, state__in=EDITABLE).update(
        base_revision=hub.revision, draft={**new, **mine}, version=F("version") + 1, updated_at=timezone.now()
    )
    if not saved:
        raise Conflict(_("This request can no longer be edited."))
    contributors.note(request, by, contributors.Step.SAVE)
    note = _("brought up to date")
    audit.record("request.save", by=by, subject=request.title, request=request, hub=hub, note=note)
    request.refresh_from_db()
    return both


def _both(clash: Clash) -> str:
    return _(
        "{label}: it was {was}, it was changed to {theirs}, and you requested {mine}.",
        label=clash.label,
        was=clash.was,
        theirs=clash.theirs,
        mine=clash.mine,
    )


def bring_along(request: ChangeRequest) -> str:
    """Apply the submitted change to the hub's current configuration, in memory: the approval writes it in the same
    UPDATE. Return "" if the changes don't overlap, otherwise the conflict in words: before, now, and as requested."""
    hub, base = request.hub, request.base_revision
    if hub is None or base is None or hub.revision is None or hub.is_retired or request.spec is None:
        return _("The hub has changed. Review the request again.")
    old, new, sent = to_draft(base.spec), to_draft(hub.spec), to_draft(request.spec)
    if both := _clashes(old, new, sent):
        return _(
            "The hub was changed in the meantime. {changes} Bring the request up to date, choose, and send it again.",
            changes=paragraph([_both(clash) for clash in both]),
        )
    try:
        spec = from_draft({**new, **{path: text for path, text in sent.items() if text != old[path]}})
    except SpecError:
        return _("The hub was changed in the meantime, and the two changes conflict. Update the request and check it.")
    request.base_revision, request.draft = hub.revision, to_draft(spec)
    request.spec_data = spec.model_dump(mode="json")
    return ""
